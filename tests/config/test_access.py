from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from rest_framework.test import APIClient

from config.access import RIGHT_FOR_ROUTE
from maintenance.models import CostAssumption
from sensors.access import RIGHTS_OF_ROLE, Principal, Right, Role
from tests.factories import (
    NOON,
    make_anomaly,
    make_backtest,
    make_batch,
    make_conflict,
    make_curation,
    make_key,
    make_life,
    make_member,
    make_notification,
    make_quarantined,
    make_run,
    make_sensor,
    make_site,
    make_user,
    make_window,
    make_work_order,
    reading,
)
from tests.maintenance.notifying.making import make_channel, make_policy, make_rule
from tests.maintenance.plans.builders import make_plan
from tests.maintenance.reports.made import make_report
from tests.maintenance.scheduling.crews import make_absence, make_calendar, make_technician

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


def api_routes(
    patterns: list[Any] | None = None, prefix: str = "", names: tuple[str, ...] = ()
) -> Iterator[str]:
    """The names of all routes under /api/."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            space = (pattern.namespace,) if pattern.namespace else ()
            yield from api_routes(pattern.url_patterns, path, names + space)
        elif isinstance(pattern, URLPattern) and path.startswith("api/"):
            yield ":".join((*names, pattern.name or "?"))


# They take and give no rows, and answer in the form of InfluxDB.
FOR_INFLUX = {
    "sensors:line-write",
    "sensors-v2:line-write",
    "sensors:line-query",
    "sensors:line-ping",
}
ROUTES = sorted(set(api_routes()))
# What stands in a path behind the id.
AFTER: dict[str, list[Any]] = {
    "maintenance:report-file": ["pdf"],
    "maintenance:work-order-attachment": [1],
    "maintenance:work-order-checklist-point": [1],
    "maintenance:work-order-downtime-row": [1],
}


def path_of(route: str, pk: int = 1) -> str:
    one_for_all = ("-list", "-ingest", "-summary", "-replay", "-discard", "-resolve", "-detect")
    many = route.endswith((*one_for_all, "my-preferences")) or route in FOR_INFLUX
    before = [pk] if route == "sensors:sensor-waveform" else []
    after = AFTER.get(route, [])
    named = "mtbf" if route == "maintenance:kpi-rows" else pk
    return reverse(route) if many else reverse(route, args=[*before, named, *after])


def methods_of(route: str) -> list[str]:
    """The methods that the view behind a route has."""
    view: Any = resolve(path_of(route)).func
    actions = getattr(view, "actions", None)
    has = actions or {name.lower(): None for name in METHODS if hasattr(view.cls, name.lower())}
    return [name for name in METHODS if name.lower() in has or (actions and name == "OPTIONS")]


def test_every_route_stands_in_the_table_and_every_entry_is_a_route() -> None:
    assert set(RIGHT_FOR_ROUTE) == set(ROUTES)


@pytest.mark.parametrize("route", ROUTES)
def test_every_method_of_a_route_asks_for_a_right(route: str) -> None:
    assert set(methods_of(route)) <= set(RIGHT_FOR_ROUTE[route])


@pytest.mark.django_db
@pytest.mark.parametrize("route", ROUTES)
def test_nobody_gets_in_without_credentials(route: str) -> None:
    for method in methods_of(route):
        response = APIClient().generic(method, path_of(route))

        assert response.status_code == 401, method
        form = "application/json" if route in FOR_INFLUX else "application/problem+json"
        assert response.headers["Content-Type"] == form


@pytest.mark.django_db
@pytest.mark.parametrize("route", ROUTES)
def test_a_key_without_the_right_is_forbidden(route: str) -> None:
    for method in methods_of(route):
        needed = RIGHT_FOR_ROUTE[route][method]
        others = {f"can_{right}": right != needed for right in Right}
        _, secret = make_key(**others)
        client = APIClient(headers={"X-API-Key": secret})

        response = client.generic(method, path_of(route))

        assert response.status_code == 403, method


@pytest.mark.django_db
def test_a_person_without_membership_is_forbidden() -> None:
    member, stranger = APIClient(), APIClient()
    member.force_login(make_member(make_site(), role=Role.VIEWER))
    stranger.force_login(make_user())

    assert member.get("/api/v1/sensors").status_code == 200
    assert stranger.get("/api/v1/sensors").status_code == 403


@pytest.mark.django_db
def test_a_route_shows_only_the_own_site() -> None:
    """Each row is seen with a key of its site and is not there for another's."""
    site = make_site()
    sensor = make_sensor(site=site)
    batch = make_batch(site, [reading(sensor, 1)])
    plan, order = make_plan(asset=sensor.asset), make_work_order(asset=sensor.asset)
    technician = make_technician(site)
    rows = {
        "sensors:sensor": sensor.pk,
        "sensors:quarantine": make_quarantined(batch=batch).pk,
        "sensors:conflict": make_conflict(sensor, batch=batch).pk,
        "sensors:replay-detail": make_curation(site).pk,
        "sensors:discard-detail": make_curation(site, action="discard").pk,
        "sensors:sensor-stats": sensor.pk,
        "sensors:sensor-gaps": sensor.pk,
        "sensors:sensor-waveforms": sensor.pk,
        "mlops:sensor-forecast": sensor.pk,
        "mlops:asset-health": sensor.asset.pk,
        "mlops:sensor-detectors": sensor.pk,
        "agents:batch-receipt": batch.pk,
        "agents:run-detail": make_run(batch).pk,
        "maintenance:anomaly": make_anomaly(sensor).pk,
        "maintenance:asset-lives": sensor.asset.pk,
        "maintenance:cost-assumption": CostAssumption.objects.create(
            site=site, cost_per_hour=1, hours=1
        ).pk,
        "maintenance:report": make_report(site).pk,
        "maintenance:life": make_life(sensor.asset, NOON).pk,
        "maintenance:work-order": order.pk,
        "maintenance:work-order-attachments": order.pk,
        "maintenance:work-order-checklist": order.pk,
        "maintenance:work-order-comments": order.pk,
        "maintenance:work-order-decisions": order.pk,
        "maintenance:work-order-downtime": order.pk,
        "maintenance:work-order-labour": order.pk,
        "maintenance:work-order-parts": order.pk,
        "maintenance:work-order-transitions": order.pk,
        "maintenance:work-order-similar": order.pk,
        "maintenance:plan": plan.pk,
        "maintenance:plan-preview": plan.pk,
        "maintenance:plan-occurrences": plan.pk,
        "maintenance:notification": make_notification(order).pk,
        "maintenance:channel": make_channel(site).pk,
        "maintenance:notification-rule": make_rule(site).pk,
        "maintenance:calendar-feed": site.calendar_feeds.create().pk,
        "maintenance:escalation-policy": make_policy(site).pk,
        "maintenance:maintenance-window": make_window(site).pk,
        "mlops:backtest": make_backtest(site, sensor).pk,
        "maintenance:technician": technician.pk,
        "maintenance:technician-absences": technician.pk,
        "maintenance:absence-detail": make_absence(technician).pk,
        "maintenance:working-calendar": make_calendar(site).pk,
        "maintenance:holiday": site.holidays.create(day=NOON, name="Closed").pk,
        "maintenance:site-plan": site.plans_of_work.create().pk,
    }
    own, other = (
        APIClient(headers={"X-API-Key": make_key(site=where, can_plan=True)[1]})
        for where in (site, make_site())
    )
    # Tested with their own apps.
    seen = {
        "sensors:data-ingest",
        "sensors:reading-list",
        "sensors:quarantine-summary",
        "sensors:quarantine-replay",
        "sensors:quarantine-discard",
        "sensors:conflict-resolve",
        "sensors:conflict-resolve-one",
        "sensors:sensor-waveform",
        "maintenance:kpi-list",
        "maintenance:kpi-rows",
        "maintenance:report-file",
        "maintenance:plan-generate",
        "mlops:reading-detect",
        "maintenance:schedule-list",
        "maintenance:work-order-slots",
        "maintenance:work-order-schedule",
        "maintenance:work-order-unschedule",
        "maintenance:channel-test",
        "maintenance:notification-resend",
        "maintenance:my-preferences",
        "maintenance:checklist-template-list",
        "maintenance:checklist-template-detail",
        "maintenance:decision-policy-list",
        "maintenance:decision-policy-detail",
        "maintenance:failure-code-list",
        "maintenance:failure-code-detail",
        "maintenance:work-order-attachment",
        "maintenance:work-order-checklist-point",
        "maintenance:work-order-downtime-row",
        "maintenance:anomaly-ack",
        "maintenance:anomaly-unack",
        "maintenance:anomaly-clear",
        "maintenance:anomaly-assign",
        "maintenance:anomaly-shelve",
        "maintenance:anomaly-unshelve",
        "maintenance:anomaly-verdict",
        "maintenance:anomaly-merge",
        "maintenance:anomaly-create-work-order",
    } | FOR_INFLUX

    for name, pk in rows.items():
        if f"{name}-list" in ROUTES:
            listed = path_of(f"{name}-list")
            assert len(own.get(listed).json()["results"]) == 1
            assert other.get(listed).json()["results"] == []
            seen.add(f"{name}-list")
        detail = name if name in ROUTES else f"{name}-detail"
        assert own.get(path_of(detail, pk)).status_code == 200
        assert other.get(path_of(detail, pk)).status_code == 404
        seen.add(detail)

    assert seen == set(ROUTES)


@pytest.mark.django_db
def test_an_unknown_path_is_a_problem() -> None:
    response = APIClient().get("/api/v1/nothing")

    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "Nothing matches the given URI.",
        "request_id": response.headers["X-Request-ID"],
    }


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.VIEWER, {Right.READ}),
        (Role.TECHNICIAN, {Right.READ, Right.WORK}),
        (Role.PLANNER, {Right.READ, Right.WORK, Right.PLAN}),
        (Role.ENGINEER, set(Right) - {Right.PLAN}),
    ],
)
def test_a_role_has_its_rights(role: Role, rights: set[Right]) -> None:
    assert RIGHTS_OF_ROLE[role] == rights


def test_rights_at_one_site_are_none_at_another() -> None:
    principal = Principal("p", {1: frozenset({Right.READ}), 2: frozenset({Right.INGEST})})

    assert principal.may(Right.READ)
    assert not principal.may(Right.REGISTER)
    assert principal.sites(Right.READ) == [1]
    assert principal.sites(Right.REGISTER) == []


def test_rights_everywhere_name_no_sites() -> None:
    principal = Principal("root", {}, frozenset(Right))

    assert principal.may(Right.REGISTER)
    assert principal.sites(Right.READ) is None
