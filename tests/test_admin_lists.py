"""What holds for every list of the admin: it opens, it is quick, and it keeps sites apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agents.models import PipelineRun
from maintenance.models import (
    Anomaly,
    Booking,
    Channel,
    CostAssumption,
    Escalation,
    EscalationPolicy,
    Life,
    MaintenanceWindow,
    Notification,
    NotificationRule,
    Preference,
    Report,
    SitePlan,
    Skill,
    WorkOrder,
)
from mlops.models import Backtest, ModelVersion
from sensors.models import (
    AssetType,
    Bearing,
    Curation,
    Membership,
    QuarantinedReading,
    ReadingBatch,
    ReadingConflict,
    Sensor,
    SeverityPreset,
    Site,
)
from tests.factories import (
    NOON,
    make_anomaly,
    make_asset,
    make_backtest,
    make_batch,
    make_life,
    make_member,
    make_notification,
    make_quarantined,
    make_run,
    make_sensor,
    make_site,
    make_user,
    make_version,
    make_window,
    make_work_order,
)
from tests.maintenance.notifying.making import make_channel, make_policy, make_rule
from tests.maintenance.orders.admin.rows import ROWS_OF_ORDERS, ROWS_OF_PLANS
from tests.maintenance.reports.made import make_report
from tests.maintenance.scheduling.rows import ROWS_OF_SCHEDULING
from tests.sensors.rows import ROWS_OF_SENSORS

pytestmark = pytest.mark.django_db

OUR_APPS = {"agents", "maintenance", "mlops", "sensors"}
OUR_ADMINS = {m: a for m, a in admin.site._registry.items() if m._meta.app_label in OUR_APPS}


def make_order_at(site: Site) -> WorkOrder:
    return make_work_order(asset=make_asset(site=site))


# How to make one row of each model at a site, with neighbours of its own.
ROWS: dict[type[Model], Callable[[Site], Any]] = {
    **ROWS_OF_SENSORS,
    PipelineRun: lambda site: make_run(make_batch(site)),
    Anomaly: lambda site: make_anomaly(
        make_sensor(site=site), work_order=make_order_at(site), acknowledged_by=make_user()
    ),
    WorkOrder: lambda site: (
        make_anomaly(make_sensor(site=site), work_order=make_order_at(site)).work_order
    ),
    CostAssumption: lambda site: CostAssumption.objects.create(
        site=site, cost_per_hour=100, hours=4
    ),
    Report: lambda site: make_report(site, asset=make_asset(site=site)),
    Life: lambda site: make_life(make_asset(site=site), NOON),
    MaintenanceWindow: lambda site: make_window(site, asset=make_asset(site=site)),
    Notification: lambda site: make_notification(make_order_at(site)),
    **ROWS_OF_SCHEDULING,
    **ROWS_OF_ORDERS,
    **ROWS_OF_PLANS,
    Channel: make_channel,
    NotificationRule: make_rule,
    Preference: lambda site: Preference.objects.create(user=make_member(site)),
    EscalationPolicy: make_policy,
    Escalation: lambda site: Escalation.objects.create(
        policy=make_policy(site), work_order=make_order_at(site)
    ),
    ModelVersion: lambda site: make_version(make_asset(site=site)),
    Backtest: make_backtest,
}
OF_NO_SITE = (AssetType, Bearing, SeverityPreset, Preference, Skill, *ROWS_OF_ORDERS)
WITH_SITE = [model for model in ROWS if model not in OF_NO_SITE]


def named(model: type[Model]) -> str:
    return model.__name__


def list_of(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def queries_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def opened(model: type[Model], query: str, user: User) -> Any:
    """The answer with its rows read, but no page made of them: that takes most of the time."""
    request = RequestFactory().get(list_of(model) + query)
    request.user = user
    response: Any = OUR_ADMINS[model].changelist_view(request)
    if response.status_code == 200:
        list(response.context_data["cl"].result_list)
    return response


def test_every_model_with_a_list_is_tried_here() -> None:
    assert set(OUR_ADMINS) == set(ROWS)


@pytest.mark.parametrize("model", ROWS, ids=named)
def test_a_list_costs_the_same_for_few_rows_and_for_many(
    model: type[Model], admin_client: Client
) -> None:
    for _ in range(2):
        ROWS[model](make_site())
    admin_client.get(list_of(model))  # Caches of content types are filled.
    few = queries_of(admin_client, list_of(model))

    for _ in range(18):
        ROWS[model](make_site())

    assert queries_of(admin_client, list_of(model)) == few


@pytest.mark.parametrize("model", ROWS, ids=named)
def test_a_list_can_be_searched_filtered_and_sorted(model: type[Model], admin_user: User) -> None:
    for _ in range(2):
        ROWS[model](make_site())
    changelist = opened(model, "", admin_user).context_data["cl"]
    queries = ["?q=a"] if changelist.search_fields else []
    queries += [f"?o={column + 1}" for column in range(len(changelist.list_display))]
    for spec in changelist.filter_specs:
        queries += [choice["query_string"] for choice in spec.choices(changelist)]

    answers = {query: opened(model, query, admin_user) for query in queries}

    # An unknown parameter is answered with a redirect to ?e=1.
    assert {query: r.status_code for query, r in answers.items() if r.status_code != 200} == {}


@pytest.mark.parametrize("model", ROWS, ids=named)
def test_a_row_has_a_page(model: type[Model], admin_client: Client) -> None:
    row = ROWS[model](make_site())

    assert admin_client.get(page_of(row)).status_code == 200


@pytest.mark.parametrize("model", WITH_SITE, ids=named)
def test_a_member_sees_the_rows_of_the_own_site_only(model: type[Model], client: Client) -> None:
    mine, theirs = ROWS[model](make_site()), ROWS[model](make_site())
    site = mine if model is Site else OUR_ADMINS[model].model.objects.filter(pk=mine.pk)
    site_id = site.pk if model is Site else site_of(mine)
    label, name = model._meta.app_label, model._meta.model_name
    rights = [f"{label}.{verb}_{name}" for verb in ("view", "change")]
    client.force_login(make_member(Site.objects.get(pk=site_id), *rights))

    seen = {row.pk for row in client.get(list_of(model)).context["cl"].queryset}

    assert mine.pk in seen
    assert theirs.pk not in seen
    assert client.get(page_of(mine)).status_code == 200
    assert client.get(page_of(theirs)).status_code == 302


def site_of(row: Any) -> int:
    if isinstance(row, PipelineRun):
        return row.batches.get().site_id
    if isinstance(row, Curation):
        return row.sites[0]  # type: ignore[index]
    for way in ("batch", "work_order", "asset"):
        if not hasattr(row, "site_id") and hasattr(row, way):
            row = getattr(row, way)
    return row.site_id


@pytest.mark.parametrize("model", ROWS, ids=named)
def test_who_has_no_role_sees_no_list(model: type[Model], client: Client) -> None:
    client.force_login(make_user(is_staff=True))

    assert client.get(list_of(model)).status_code == 403


EVIDENCE = [
    ReadingBatch,
    QuarantinedReading,
    ReadingConflict,
    Curation,
    PipelineRun,
    Anomaly,
    Notification,
    Escalation,
    Backtest,
    Report,
    Booking,
    SitePlan,
]


# People ask for them; what comes of it is written by a worker.
ASKED_FOR = [Backtest, Report]


@pytest.mark.parametrize("model", EVIDENCE, ids=named)
def test_evidence_is_not_added_changed_or_deleted(
    model: type[Model], admin_client: Client
) -> None:
    row = ROWS[model](make_site())
    stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    before = model._default_manager.filter(pk=row.pk).values().get()

    added = 200 if model in ASKED_FOR else 403
    assert admin_client.get(reverse(f"{stem}_add")).status_code == added
    assert admin_client.post(page_of(row), {}).status_code == 403
    deletion = reverse(f"{stem}_delete", args=[row.pk])
    assert admin_client.post(deletion, {"post": "yes"}).status_code == 403
    assert "delete_selected" not in admin_client.get(list_of(model)).content.decode()
    assert model._default_manager.filter(pk=row.pk).values().get() == before


def test_the_filters_do_not_name_other_sites(client: Client) -> None:
    mine, other, third = make_site(), make_site(name="Secret works"), make_site()
    member = make_member(mine, "sensors.view_sensor", "sensors.view_site")
    Membership.objects.create(user=member, site=third, role="viewer")
    make_sensor(site=other)
    client.force_login(member)

    page = client.get(list_of(Sensor)).content.decode()

    assert mine.name in page
    assert "Secret works" not in page


def test_the_first_page_counts_what_the_person_may_see(client: Client) -> None:
    mine = make_site()
    make_anomaly(make_sensor(site=mine), severity_worst=4)
    make_anomaly(severity_worst=4)
    client.force_login(make_member(mine))
    tiles = {tile.words: tile.count for tile in client.get("/admin/").context["glance"]}
    assert tiles["Critical anomalies"] == "1"

    client.force_login(make_user(is_staff=True))
    assert client.get("/admin/").context["glance"] == []


def test_the_first_page_is_quick_and_its_tiles_lead_to_lists(admin_client: Client) -> None:
    make_anomaly()
    make_quarantined()
    admin_client.get("/admin/")

    with CaptureQueriesContext(connection) as queries:
        page = admin_client.get("/admin/")

    assert len(queries) <= 11
    for tile in page.context["glance"]:
        assert admin_client.get(tile.url).status_code == 200
