"""The quarantine and the conflicts in the admin: counts, replays, discards, decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from agents.curate import fail_curation
from sensors.access import Role
from sensors.models import (
    Curation,
    Membership,
    QuarantinedReading,
    Reading,
    ReadingConflict,
    Site,
)
from tests.factories import (
    NOON,
    make_conflict,
    make_curation,
    make_member,
    make_quarantined,
    make_sensor,
    make_site,
    make_stored,
    reading,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sleeping_agents")]

QUARANTINE = reverse("admin:sensors_quarantinedreading_changelist")
CONFLICTS = reverse("admin:sensors_readingconflict_changelist")
REPLAY, DISCARD = (reverse(f"admin:quarantine_{action}") for action in ("replay", "discard"))
VIEW = ("sensors.view_quarantinedreading", "sensors.view_readingconflict")


def page_of(row: Any) -> str:
    return reverse(f"admin:sensors_{row._meta.model_name}_change", args=[row.pk])


def act(client: Client, url: str, name: str, *rows: Any, **fields: Any) -> Any:
    selected = {"_selected_action": [row.pk for row in rows], "action": name, "index": 0}
    return client.post(url, selected | fields, follow=True)


def said(answer: Any) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.fixture
def engineer(client: Client, site: Site) -> Client:
    client.force_login(make_member(site, *VIEW, role=Role.ENGINEER, username="erika"))
    return client


def test_the_list_shows_what_waits_and_counts_it_by_reason(engineer: Client, site: Site) -> None:
    for _ in range(3):
        make_quarantined(site, sensor_code="BUSY")
    make_quarantined(make_site(), sensor_code="ELSEWHERE")
    settled = make_quarantined(site, sensor_code="SETTLED")
    curation = make_curation(site)
    QuarantinedReading.objects.filter(pk=settled.pk).update(
        state="stored", settled_at=NOON, curation=curation
    )

    page = engineer.get(QUARANTINE)

    (group,) = page.context["groups"]
    assert (group["sensor_code"], group["count"]) == ("BUSY", 3)
    assert engineer.get(group["url"]).context["cl"].result_count == 3
    assert page.context["cl"].result_count == 3
    assert engineer.get(f"{QUARANTINE}?state=all").context["cl"].result_count == 4
    assert "ELSEWHERE" not in page.content.decode()


def test_selected_readings_are_replayed_after_a_question(
    engineer: Client, site: Site, django_capture_on_commit_callbacks: Any
) -> None:
    make_stored(
        site, reading("T9", 1), reading("T9", 2, NOON - timedelta(hours=1)), reading("T8", 1)
    )
    make_sensor(site=site, code="T9")
    rows = QuarantinedReading.objects.filter(sensor_code="T9")

    asked = act(engineer, QUARANTINE, "replay", *rows)
    assert asked.context["count"] == 2
    assert Curation.objects.count() == 0
    with django_capture_on_commit_callbacks(execute=True):
        done = engineer.post(asked.request["PATH_INFO"] + "?" + asked.request["QUERY_STRING"])
    page = engineer.get(done.headers["Location"])

    curation = Curation.objects.get()
    assert (curation.asked_by, curation.stored, curation.state) == ("erika", 2, "finished")
    assert "2 stored" in page.content.decode()
    assert "http-equiv" not in page.content.decode()
    assert Reading.objects.count() == 2


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("", ["A1", "A2", "B1"]),
        ("?q=A&o=1&p=1", ["A1", "A2"]),
        ("?reason__exact=unit_mismatch&state=waiting", ["B1"]),
        ("?quarantined_at__gte=2026-06-01+12:00:00%2B00:00&state=all", ["A2", "B1"]),
    ],
)
def test_all_that_match_the_list_are_discarded_with_a_reason(
    engineer: Client, site: Site, query: str, codes: list[str]
) -> None:
    make_quarantined(site, sensor_code="A1", quarantined_at=NOON - timedelta(days=1))
    make_quarantined(site, sensor_code="A2", quarantined_at=NOON)
    make_quarantined(site, sensor_code="B1", quarantined_at=NOON, reason="unit_mismatch")
    page = engineer.get(QUARANTINE + query)
    assert page.context["cl"].result_count == len(codes)

    asked = engineer.get(page.context["pages"]["Discard"])
    assert asked.context["count"] == len(codes)
    engineer.post(page.context["pages"]["Discard"], {"note": ""})
    assert Curation.objects.count() == 0
    engineer.post(page.context["pages"]["Discard"], {"note": "test bench"})

    curation = Curation.objects.get()
    assert (curation.action, curation.matched, curation.note) == (
        "discard",
        len(codes),
        "test bench",
    )
    chosen = QuarantinedReading.objects.of(curation)
    assert sorted(chosen.values_list("sensor_code", flat=True)) == codes


def test_selecting_all_pages_leads_to_all_that_match(engineer: Client, site: Site) -> None:
    rows = [make_quarantined(site) for _ in range(3)]

    asked = act(engineer, QUARANTINE, "discard", rows[0], select_across=1)

    assert asked.context["count"] == 3


@pytest.mark.parametrize(
    "query",
    ["?sensor_code__regex=.", "?q=A&q=B", "?ids=x", "?quarantined_at__gte=soon", "?batch=x"],
)
def test_a_filter_that_is_not_understood_chooses_nothing(engineer: Client, query: str) -> None:
    assert engineer.get(REPLAY + query).status_code == 400
    assert engineer.post(DISCARD + query, {"note": "x"}).status_code == 400


def test_one_reading_is_discarded_on_its_page(engineer: Client, site: Site) -> None:
    row = make_quarantined(site)
    page = engineer.get(page_of(row))
    assert page.context["buttons"] == {"replay": "Replay", "discard": "Discard"}

    refused = act(engineer, QUARANTINE, "discard", row, _pressed_on=row.pk)
    assert "Say why" in said(refused)
    done = act(engineer, QUARANTINE, "discard", row, _pressed_on=row.pk, reason="noise")

    assert done.redirect_chain[-1][0] == page_of(row)
    assert "under way, over 1 reading" in said(done)
    assert Curation.objects.get().note == "noise"


def test_who_may_only_look_is_offered_nothing(client: Client, site: Site) -> None:
    row, conflict = make_quarantined(site), make_conflict(make_sensor(site=site))
    client.force_login(make_member(site, *VIEW, role=Role.PLANNER))

    assert client.get(QUARANTINE).context["pages"] == {}
    for page in (page_of(row), page_of(conflict)):
        assert client.get(page).context["buttons"] == {}
    for url in (REPLAY, DISCARD):
        assert client.post(url, {"note": "x"}).status_code == 403
    act(client, QUARANTINE, "discard", row, _pressed_on=row.pk, reason="x")
    act(client, CONFLICTS, "keep_stored", conflict)

    conflict.refresh_from_db()
    assert (Curation.objects.count(), conflict.resolution) == (0, "")


def test_rows_of_other_sites_are_out_of_reach(engineer: Client, site: Site) -> None:
    theirs, conflict = make_quarantined(make_site()), make_conflict()

    assert engineer.get(f"{REPLAY}?ids={theirs.pk}").context["count"] == 0
    engineer.post(f"{DISCARD}?ids={theirs.pk}", {"note": "x"})
    act(engineer, CONFLICTS, "take_offered", conflict)

    conflict.refresh_from_db()
    assert (Curation.objects.count(), conflict.resolution) == (0, "")


def test_a_page_of_a_running_replay_looks_again_by_itself(engineer: Client, site: Site) -> None:
    curation = make_curation(site, matched=200, stored=50)

    page = engineer.get(page_of(curation)).content.decode()

    assert "50 of 200" in page
    assert 'http-equiv="refresh"' in page


def test_a_failed_replay_says_why_and_goes_on_when_asked(
    engineer: Client, site: Site, django_capture_on_commit_callbacks: Any
) -> None:
    make_stored(site, reading("T9", 1))
    curation = make_curation(site, last_id=QuarantinedReading.objects.get().pk)
    fail_curation(None, ValueError("no such thing"), None, curation.pk)
    assert "ValueError: no such thing" in engineer.get(page_of(curation)).content.decode()

    done = act(engineer, reverse("admin:sensors_curation_changelist"), "resume", curation)

    assert "Resumed 1" in said(done)
    curation.refresh_from_db()
    assert (curation.state, curation.still_quarantined, curation.error) == ("finished", 1, "")


@pytest.mark.parametrize("both", [False, True], ids=["there", "at_both"])
def test_who_may_only_look_at_a_site_does_not_resume_what_was_asked_there(
    client: Client, site: Site, both: bool
) -> None:
    person = make_member(site, *VIEW, role=Role.ENGINEER)
    other = make_site()
    Membership.objects.create(user=person, site=other, role=Role.VIEWER)
    client.force_login(person)
    make_quarantined(other)
    mine, theirs = make_curation(site), make_curation(other, action="discard", last_id=10**9)
    if both:
        Curation.objects.filter(pk=theirs.pk).update(sites=[site.pk, other.pk])
    for curation in (mine, theirs):
        fail_curation(None, ValueError("no such thing"), None, curation.pk)

    assert client.get(page_of(mine)).context["buttons"] == {"resume": "Resume"}
    assert client.get(page_of(theirs)).context["buttons"] == {}
    done = act(client, reverse("admin:sensors_curation_changelist"), "resume", mine, theirs)

    assert "Resumed 1" in said(done)
    theirs.refresh_from_db()
    assert (theirs.state, QuarantinedReading.objects.waiting().count()) == ("failed", 1)


def contradicted(site: Site, *offers: float) -> list[ReadingConflict]:
    sensor = make_sensor(site=site, unit="bar")
    for value in (20.0, *offers):
        make_stored(site, reading(sensor, value))
    return list(ReadingConflict.objects.order_by("pk"))


def test_a_conflict_shows_both_values_and_what_surrounds_them(
    engineer: Client, site: Site
) -> None:
    first, other = contradicted(site, 30.0, 40.0)

    page = engineer.get(page_of(first))

    assert page.context["buttons"] == {"keep_stored": "Keep 20", "take_offered": "Take 30"}
    (chart,) = page.context["charts"]
    assert chart.peak.label == "offered 30 bar"
    assert page_of(other) in page.content.decode()


def test_a_conflict_is_decided_on_its_page_with_a_note(engineer: Client, site: Site) -> None:
    (conflict,) = contradicted(site, 30.0)

    done = act(
        engineer, CONFLICTS, "take_offered", conflict, _pressed_on=conflict.pk, reason="log book"
    )

    assert "Resolved 1" in said(done)
    conflict.refresh_from_db()
    assert (conflict.resolution, conflict.resolved_by) == ("take_offered", "erika")
    assert (conflict.note, conflict.replaced_value) == ("log book", 20.0)
    assert engineer.get(page_of(conflict)).context["buttons"] == {}
    assert engineer.get(CONFLICTS).context["cl"].result_count == 0


def test_many_conflicts_are_decided_at_once_or_none(engineer: Client, site: Site) -> None:
    conflicts = contradicted(site, 30.0, 40.0)

    refused = act(engineer, CONFLICTS, "take_offered", *conflicts)
    assert "Several values are offered" in said(refused)
    assert ReadingConflict.objects.open().count() == 2
    done = act(engineer, CONFLICTS, "keep_stored", *conflicts)

    assert "Resolved 2" in said(done)
