"""Pages at the width of a screen and of a phone, and pictures of them for people.

A picture takes a second, so one is only taken where SCREENSHOTS names a folder for it.
"""

from __future__ import annotations

import os
from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.support.wait import WebDriverWait

WIDE, PHONE = 1400, 400
HEIGHT = 1000


def look(browser: Chrome, picture: str) -> None:
    """The whole page is as wide as the window, on a screen and on a phone."""
    for width in (WIDE, PHONE):
        enlarge(browser, width)
        take(browser, f"{picture}-{width}")
        assert browser.execute_script(
            "return document.documentElement.scrollWidth <= window.innerWidth"
        )
    resize(browser, WIDE, HEIGHT)


def resize(browser: Chrome, width: int, height: int) -> None:
    """Chromium answers before the page has its new size."""
    browser.set_window_size(width, height)
    WebDriverWait(browser, 10).until(
        lambda page: page.execute_script("return window.innerWidth") == width
    )


def enlarge(browser: Chrome, width: int) -> None:
    """Make room for the page from top to bottom."""
    resize(browser, width, HEIGHT)
    height = browser.execute_script("return document.documentElement.scrollHeight")
    resize(browser, width, max(height, HEIGHT))


def take(browser: Chrome, picture: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        browser.save_screenshot(str(Path(folder) / f"{picture}.png"))


def take_each(browser: Chrome, picture: str) -> None:
    """On a screen, by day and by night, and on a phone."""
    if "SCREENSHOTS" not in os.environ:
        return
    for width in (PHONE, WIDE):
        enlarge(browser, width)
        take(browser, f"{picture}-{width}")
    theme = "document.documentElement.dataset.theme = arguments[0]"
    browser.execute_script(theme, "dark")
    take(browser, f"{picture}-{WIDE}-dark")
    browser.execute_script(theme, "auto")
