"""What is pure about a message: its signature, and how it fits into an SMS."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maintenance.notifying.short_texts import ALPHABET, EXTENDED, in_one_sms
from maintenance.notifying.standard_webhooks import signed_headers


def test_a_message_is_signed_as_the_specification_has_it() -> None:
    """The example of the specification's own libraries."""
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_secret_that_is_no_base64_is_taken_as_it_is() -> None:
    digest = hmac.new(b"hush", b"msg_1.7.{}", hashlib.sha256).digest()

    signed = signed_headers("hush", "msg_1", 7, b"{}")["webhook-signature"]

    assert signed == f"v1,{base64.b64encode(digest).decode()}"


def test_without_a_secret_nothing_is_signed() -> None:
    assert signed_headers("", "msg_1", 7, b"{}") == {
        "webhook-id": "msg_1",
        "webhook-timestamp": "7",
    }


@pytest.mark.parametrize("secret", ["whsec_ä", "whsec_abc", "whsec_a b="])
def test_a_secret_that_only_says_it_is_base64_is_an_error(secret: str) -> None:
    with pytest.raises(ValueError, match="base64"):
        signed_headers(secret, "msg_1", 7, b"{}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ölstand zu hoch", "Ölstand zu hoch"),
        ("Čerpadlo – 95 °C", "Cerpadlo - 95 C"),
        ("泵", "?"),
        ("x" * 160, "x" * 160),
        ("x" * 161, "x" * 157 + "..."),
        ("{" * 80, "{" * 80),
        ("{" * 81, "{" * 78 + "..."),
    ],
)
def test_a_text_fits_into_one_sms(text: str, expected: str) -> None:
    assert in_one_sms(text) == expected


@given(st.text(max_size=400))
def test_whatever_the_text_is_it_is_one_sms(text: str) -> None:
    short = in_one_sms(text)

    assert sum(2 if letter in EXTENDED else 1 for letter in short) <= 160
    assert set(short) <= ALPHABET | EXTENDED
