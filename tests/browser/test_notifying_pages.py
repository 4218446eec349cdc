"""The pages on who is told, as people see them, and a mail as it is shown."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from maintenance.models import Notification, Preference
from maintenance.notifying.delivering import deliver
from sensors.access import Role
from sensors.models import Asset
from tests.browser.pictures import look
from tests.browser.test_admin_pages import Visit, plant, press, visit
from tests.factories import MINUTE, NOON, make_member, make_notification
from tests.maintenance.notifying.making import make_channel, make_policy, make_rule, make_step

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["plant", "visit"]


def test_who_is_told_is_set_up_on_pages(plant: Asset, visit: Visit, browser: Chrome) -> None:
    team = make_channel(plant.site, name="Team", address="team@example.org")
    hook = {"kind": "webhook", "address": "https://example.org/hook", "secret_name": "HOOK"}
    make_channel(None, name="Ticket system", **hook)
    planner = make_member(plant.site, username="erika", email="erika@example.org")
    rule = make_rule(plant.site, team, planner, name="Pumps", asset=plant, to_roles=[Role.PLANNER])
    policy = make_policy(plant.site, name="Nobody looks")
    make_step(policy, 5, planner)
    make_step(policy, 15, team)
    hours = {"quiet_from": "22:00", "quiet_until": "06:00", "time_zone": "Europe/Berlin"}
    own = Preference.objects.create(user=planner, phone="+4915112345678", **hours)

    visit("admin:maintenance_notificationrule_change", rule.pk, picture="rule")
    visit("admin:maintenance_escalationpolicy_change", policy.pk, picture="policy")
    visit("admin:maintenance_preference_change", own.pk, picture="preference")
    visit("admin:maintenance_channel_changelist", picture="channels")
    visit("admin:maintenance_channel_change", team.pk, picture="channel")
    press(browser, "[name=press-send_test]")

    assert "A test to Team will be sent" in browser.find_element(By.TAG_NAME, "body").text
    assert Notification.objects.filter(event="test").count() == 1


def test_what_was_told_is_shown_with_its_attempts(
    plant: Asset, visit: Visit, browser: Chrome
) -> None:
    row = Notification.objects.get()
    fields = {"outcome": "passing", "status_code": 450, "error": "450 the box is full"}
    row.delivery_attempts.create(at=NOON, took=timedelta(seconds=0.2), **fields)
    fields |= {"outcome": "permanent", "status_code": 550}
    row.delivery_attempts.create(at=NOON + MINUTE, took=timedelta(seconds=0.1), **fields)
    Notification.objects.update(status="failed", error="550 nobody of this name", attempts=2)

    visit("admin:maintenance_notification_changelist", picture="notifications")
    visit("admin:maintenance_notification_change", row.pk, picture="notification")
    press(browser, "[name=press-send_again]")

    row.refresh_from_db()
    assert row.status == "waiting"


def test_a_mail_is_shown(
    plant: Asset, browser: Chrome, tmp_path: Path, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    order = Notification.objects.get().work_order
    for _ in range(2):
        make_notification(order, is_gathered=True)
    Notification.objects.update(is_gathered=True)
    deliver(Notification.objects.order_by("pk")[0].pk)
    shown: Any = mailoutbox[0].alternatives[0]
    page = tmp_path / "mail.html"
    page.write_text(shown[0])

    browser.get(page.as_uri())

    assert "3 notifications on P-101" in browser.find_element(By.TAG_NAME, "h1").text
    assert len(browser.find_elements(By.TAG_NAME, "h2")) == 3
    look(browser, "mail")
