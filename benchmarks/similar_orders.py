"""`python -m benchmarks.alone similar_orders 20000`: which way of finding past orders is best.

Each way is asked for the five most alike of so many past orders; right are those with the same
fault. All ways but the last compare the words alone, among orders of the same type.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache

from django.core.management import call_command
from django.db import connection
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from benchmarks.figures import rounded
from benchmarks.plant_logs import Log, logs
from maintenance.models import Anomaly, FailureCode, WorkOrder
from maintenance.past.similar import similar_to
from sensors.access import Principal, Right
from sensors.models import Asset, AssetType, Sensor, Site

QUESTIONS = 60
TOP = 5
LOOKED_AT = 10
AT = datetime(2026, 1, 1, tzinfo=UTC)
EVERYWHERE = Principal("bench", {}, frozenset(Right))

# By full text: any of the words, the best rank first.
FULL_TEXT = """
    WITH asked AS (
        SELECT string_agg(quote_literal(lexeme), ' | ')::tsquery AS words
        FROM unnest(to_tsvector(%(language)s::regconfig, %(text)s))
    )
    SELECT past.id
    FROM maintenance_workorder AS past JOIN sensors_asset ON sensors_asset.id = asset_id, asked,
        to_tsvector(%(language)s::regconfig, title || ' ' || description || ' ' || resolution)
            AS written
    WHERE type_id = %(type)s AND past.id <> %(id)s AND state = 'closed' AND written @@ words
    ORDER BY ts_rank(written, words, 1) DESC LIMIT %(most)s
"""

Way = Callable[[WorkOrder], Sequence[int]]


def measure(size: str) -> dict[str, dict[str, float]]:
    """By way: how often the five are right, the mean reciprocal rank of the first that is
    right, and milliseconds a question."""
    call_command("migrate", verbosity=0)
    problems = _stored(list(logs(int(size or 1_000), seed=1)), "closed")
    asked = _stored(list(logs(QUESTIONS, seed=2)), "approved", with_resolution=False)
    questions = list(
        WorkOrder.objects.filter(pk__in=asked).select_related("asset__type").order_by("pk")
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {name: _measured(way, questions, asked, problems) for name, way in _ways().items()}


def _ways() -> dict[str, Way]:
    word = {"ngram_range": (1, 2), "sublinear_tf": True}
    letters = {"analyzer": "char_wb", "ngram_range": (3, 5), "sublinear_tf": True}
    three = letters | {"ngram_range": (3, 3)}
    both = [("words", TfidfVectorizer(**word)), ("letters", TfidfVectorizer(**letters))]
    return {
        "full text, english": lambda order: _by_full_text(order, "english"),
        "full text, simple": lambda order: _by_full_text(order, "simple"),
        "words, 1 and 2": lambda order: _by_vectors(order, TfidfVectorizer(**word)),
        "letters, 3 to 5": lambda order: _by_vectors(order, TfidfVectorizer(**letters)),
        "letters, 3": lambda order: _by_vectors(order, TfidfVectorizer(**three)),
        "words and letters": lambda order: _by_vectors(order, FeatureUnion(both)),
        "as it is built": _as_built,
    }


def _as_built(order: WorkOrder) -> list[int]:
    return [one.order.pk for one in similar_to(order, EVERYWHERE, most=LOOKED_AT)]


def _by_full_text(order: WorkOrder, language: str) -> list[int]:
    text = _text(order.title, order.description)
    numbers = {"id": order.pk, "type": order.asset.type_id, "most": LOOKED_AT}
    with connection.cursor() as cursor:
        cursor.execute(FULL_TEXT, {"language": language, "text": text, **numbers})
        return [pk for (pk,) in cursor.fetchall()]


def _by_vectors(order: WorkOrder, vectors: TfidfVectorizer | FeatureUnion) -> list[int]:
    past = WorkOrder.objects.filter(asset__type=order.asset.type_id, state="closed")
    rows = list(past.values_list("pk", "title", "description", "resolution"))
    known = vectors.fit_transform([_text(*texts) for _, *texts in rows])
    asked = vectors.transform([_text(order.title, order.description)])
    scores = (known @ asked.T).toarray()[:, 0]
    return [rows[place][0] for place in (-scores).argsort()[:LOOKED_AT]]


def _text(*texts: str) -> str:
    return " ".join(texts)


def _measured(
    way: Way, asked: Sequence[WorkOrder], fault: dict[int, int], past: dict[int, int]
) -> dict[str, float]:
    way(asked[0])  # What is done once is not what each question costs.
    hits, ranks = 0, 0.0
    begun = time.perf_counter()
    for order in asked:
        right = [past[pk] == fault[order.pk] for pk in way(order)]
        hits += sum(right[:TOP])
        ranks += 1 / (right.index(True) + 1) if any(right) else 0.0
    seconds = (time.perf_counter() - begun) / len(asked)
    return {
        f"right_of_{TOP}": rounded(hits / (TOP * len(asked))),
        "reciprocal_rank": rounded(ranks / len(asked)),
        "milliseconds": rounded(seconds * 1_000),
    }


def _stored(written: list[Log], state: str, *, with_resolution: bool = True) -> dict[int, int]:
    """The logs as orders with what their sensors showed; by id the fault."""
    site, _ = Site.objects.get_or_create(code="bench", defaults={"name": "Bench"})
    assets = {name: _asset(site, *name) for name in {(one.type, one.asset) for one in written}}
    modes = {code: _mode(code) for code in {one.mode for one in written if one.mode}}
    orders = WorkOrder.objects.bulk_create(
        WorkOrder(
            asset=assets[one.type, one.asset],
            origin="corrective",
            state=state,
            priority="P3",
            title=one.title,
            description=one.description,
            resolution=one.resolution if with_resolution else "",
            suspected_mode=modes.get(one.mode),
            due_at=AT,
        )
        for one in written
    )
    Anomaly.objects.bulk_create(
        _anomaly(order, kind)
        for order, one in zip(orders, written, strict=True)
        for kind in one.kinds
    )
    return {order.pk: one.problem for order, one in zip(orders, written, strict=True)}


def _asset(site: Site, kind: str, tag: str) -> Asset:
    type_, _ = AssetType.objects.get_or_create(code=kind, defaults={"name": kind})
    tag = f"{kind}-{tag}"
    asset, _ = Asset.objects.get_or_create(site=site, tag=tag, defaults={"type": type_})
    return asset


def _mode(code: str) -> FailureCode:
    found, _ = FailureCode.objects.get_or_create(aspect="mode", code=code, asset_type=None)
    return found


@cache
def _sensor(asset: Asset, kind: str) -> Sensor:
    code = f"{asset.tag}-{kind}"
    fields = {"asset": asset, "kind": kind}
    return Sensor.objects.get_or_create(site=asset.site, code=code, defaults=fields)[0]


def _anomaly(order: WorkOrder, kind: str) -> Anomaly:
    return Anomaly(
        asset=order.asset,
        sensor=_sensor(order.asset, kind),
        kind=Anomaly.Kind.DEVIATION,
        detector="bench#1",
        started_at=AT,
        last_seen_at=AT,
        ended_at=AT,
        scored_until=AT,
        peak_at=AT,
        peak_value=1.0,
        severity=2,
        severity_worst=2,
        score=2.0,
        score_worst=2.0,
        reason="bench",
        decision_pending=False,
        work_order=order,
    )
