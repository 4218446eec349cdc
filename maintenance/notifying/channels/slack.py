from __future__ import annotations

from typing import Any

from maintenance.notifying.channels.base import Answer, DeliveryError, Notifier, Outgoing
from maintenance.notifying.channels.posting import post
from maintenance.notifying.composing import Item, Message

# Slack's bounds of a block and of a message.
LONGEST_HEADER, LONGEST_SECTION, MOST_ITEMS = 150, 3_000, 20


class Slack(Notifier):
    """A message to an incoming webhook of Slack, made of blocks.

    Whoever knows its URL can write there, so the URL is a secret of the environment.

    References: Slack, Sending messages using incoming webhooks; Reference: blocks.
    """

    def send(self, outgoing: Outgoing) -> Answer:
        url = outgoing.secret
        if not url:
            name = outgoing.first.target.secret_name if outgoing.first.target else "…"
            words = f"NOTIFY_SECRET_{name} is not set in the environment."
            raise DeliveryError(words, is_passing=False)
        return post(url, headers={}, json=content(outgoing.message))


def content(message: Message) -> dict[str, Any]:
    """Blocks for people, and one line for where there is no room for them."""
    shown = message.items[:MOST_ITEMS]
    blocks = [_header(message.subject), *(_section(item) for item in shown)]
    if more := len(message.items) - len(shown):
        blocks.append(_words(f"and {more} more"))
    return {"text": escaped(message.subject), "blocks": blocks}


def _header(words: str) -> dict[str, Any]:
    text = {"type": "plain_text", "text": words[:LONGEST_HEADER], "emoji": False}
    return {"type": "header", "text": text}


def _section(item: Item) -> dict[str, Any]:
    lines = [f"*{escaped(item.headline)}*"]
    lines += [f"{name}: {escaped(value)}" for name, value in item.facts]
    lines += [f"• {escaped(line)}" for line in item.seen]
    lines += [escaped(item.advice)] if item.advice else []
    link = f"\n<{item.link}|Look at it>"
    return _words("\n".join(lines)[: LONGEST_SECTION - len(link)] + link)


def _words(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def escaped(text: str) -> str:
    """Slack's own three characters; else a title could call the whole channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
