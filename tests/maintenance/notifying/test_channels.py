"""Each channel over HTTP against a real server that fails, is busy, or hangs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from pytest_django import Settings

from maintenance.models import Notification
from tests.factories import (
    NOON,
    make_anomaly,
    make_asset,
    make_notification,
    make_sensor,
    make_work_order,
)
from tests.maintenance.notifying.making import make_channel, to_webhook, tried
from tests.webserver import listening

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("providers")]


def to_slack(url: str, settings: Settings) -> Notification:
    channel = make_channel(kind="slack", address="", secret_name="SLACK")
    settings.NOTIFY_SECRETS = {"SLACK": url}
    return make_notification(channel="slack", recipient=channel.recipient, target=channel)


def to_phone(url: str, settings: Settings) -> Notification:
    settings.SMS_API_URL = url
    return make_notification(channel="sms", recipient="+4915112345678")


To = Callable[[str, Settings], Notification]
OVER_HTTP = pytest.mark.parametrize("to", [to_webhook, to_slack, to_phone])


@OVER_HTTP
def test_what_is_taken_is_sent(to: To, settings: Settings) -> None:
    with listening(answer=200, body=b"ok") as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.outcome, attempt.status_code) == ("sent", "sent", 200)
    assert attempt.answer == "ok"
    assert attempt.took > timedelta(0)
    assert len(server.bodies) == 1


@OVER_HTTP
def test_what_is_refused_is_given_up(to: To, settings: Settings) -> None:
    with listening(answer=404, body=b"no") as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.outcome, attempt.status_code) == ("failed", "permanent", 404)
    assert attempt.answer == "no"


@OVER_HTTP
def test_a_server_that_fails_is_asked_again(to: To, settings: Settings) -> None:
    with listening(answer=503) as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.outcome) == ("waiting", "passing")
    assert row.next_attempt_at == NOON + timedelta(seconds=30)
    assert "503" in row.error


@OVER_HTTP
def test_a_server_that_is_busy_says_for_how_long(to: To, settings: Settings) -> None:
    with listening(answer=429, headers={"Retry-After": "900"}) as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.outcome, attempt.status_code) == ("waiting", "passing", 429)
    assert row.next_attempt_at == NOON + timedelta(minutes=15)


@OVER_HTTP
@pytest.mark.usefixtures("impatient")
def test_a_server_that_hangs_is_not_waited_for_long(to: To, settings: Settings) -> None:
    with listening(hangs=True) as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.outcome) == ("waiting", "passing")
    assert "ReadTimeout" in attempt.error
    assert attempt.took < timedelta(seconds=5)


@OVER_HTTP
def test_a_server_that_is_away_is_asked_again(to: To, settings: Settings) -> None:
    row = to("http://127.0.0.1:1/hook", settings)
    attempt = tried(row)

    assert (row.status, attempt.outcome, attempt.status_code) == ("waiting", "passing", None)
    assert "ConnectError" in attempt.error


@OVER_HTTP
def test_a_redirect_is_not_followed(to: To, settings: Settings) -> None:
    with listening() as other, listening(answer=307, headers={"Location": other.url}) as server:
        row = to(server.url, settings)
        attempt = tried(row)

    assert (row.status, attempt.status_code) == ("failed", 307)
    assert other.bodies == []


def test_only_the_beginning_of_an_answer_is_kept(settings: Settings) -> None:
    with listening(answer=200, body=b"\x00x\xff" * 100_000) as server:
        attempt = tried(to_webhook(server.url, settings))

    assert attempt.outcome == "sent"
    assert 0 < len(attempt.answer) <= 500


def test_slack_gets_blocks_in_which_nothing_of_a_title_has_a_meaning(settings: Settings) -> None:
    sensor = make_sensor(asset=make_asset(tag="P-1", name="Pump"), code="T1")
    anomaly = make_anomaly(sensor, severity_worst=4, reason="95 > 90 <!channel>")
    with listening(answer=200) as server:
        row = to_slack(server.url, settings)
        Notification.objects.filter(pk=row.pk).update(
            work_order=None, anomaly=anomaly, asset=anomaly.asset, event="opened", severity=4
        )
        tried(row)

    content = json.loads(server.bodies[0])
    header, section = content["blocks"]
    assert content["text"] == "[critical] opened: P-1, high limit on T1"
    assert header["text"] == {
        "type": "plain_text",
        "text": "[critical] opened: P-1, high limit on T1",
        "emoji": False,
    }
    assert "T1: 95 &gt; 90 &lt;!channel&gt;" in section["text"]["text"]
    assert section["text"]["text"].endswith(f"/anomaly/{anomaly.pk}/change/|Look at it>")


@pytest.mark.parametrize("answer", [200, 404, 503])
def test_a_secret_is_in_no_row_and_in_no_log(
    answer: int, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with listening(answer=answer) as server:
        row = to_slack(f"{server.url}/T0/B0/hushhush", settings)
        attempt = tried(row)

    assert server.paths == ["/hook/T0/B0/hushhush"]
    assert "hushhush" not in f"{vars(row)} {vars(attempt)} {caplog.text}"


def test_an_sms_goes_to_the_provider_as_a_form(settings: Settings) -> None:
    with listening(answer=201, body=b'{"sid": "SM1"}') as server:
        settings.SMS_API_URL = server.url
        row = make_notification(
            make_work_order(title="Č" * 200), channel="sms", recipient="+4915112345678"
        )
        tried(row)

    form = parse_qs(server.bodies[0].decode())
    assert server.paths == ["/hook/Accounts/AC1/Messages.json"]
    assert server.headers[0]["Authorization"] == "Basic " + base64.b64encode(b"AC1:hush").decode()
    assert (form["To"], form["From"]) == (["+4915112345678"], ["+4930123"])
    assert form["Body"][0].startswith("[P2] WO-")
    assert len(form["Body"][0]) == 160 - len("[]")  # These take the place of two.


def test_an_sms_needs_a_provider(settings: Settings) -> None:
    settings.SMS_TOKEN = ""
    row = make_notification(channel="sms", recipient="+4915112345678")

    assert tried(row).outcome == "permanent"
