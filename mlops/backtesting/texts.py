"""Settings and labels as people type them, in a shell or in a form."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from mlops.backtesting.asset_trials import Interval
from mlops.backtesting.labels import MOST_LABELS, Verdict
from mlops.backtesting.questions import QuestionError
from sensors.store.reading import EARLIEST, LATEST


def setting_of(text: str) -> dict[str, float]:
    """Parameters as `lags=5, tail=1e-4`; of nothing, none. Raises QuestionError."""
    return dict(_parameter(pair) for pair in text.split(",") if pair.strip())


def _parameter(pair: str) -> tuple[str, float]:
    key, equals, value = pair.partition("=")
    try:
        number = float(value)
    except ValueError:
        equals = ""
    if not key.strip() or not equals:
        words = f"{pair.strip()[:100]!r} is not KEY=NUMBER, such as warning_high=80"
        raise QuestionError("invalid_parameter", words)
    return key.strip(), number


def labels_of(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Labels as `FROM/TO=VERDICT` or `FROM/TO=VERDICT@SENSOR`. Raises QuestionError."""
    labels = [_label(text) for text in texts if text.strip()]
    if len(labels) > MOST_LABELS:
        raise QuestionError("invalid_label", f"{MOST_LABELS} labels at most")
    return labels


def _label(text: str) -> dict[str, Any]:
    span, _, said = text.strip().partition("=")
    start, _, end = span.partition("/")
    verdict, _, sensor = said.partition("@")
    if verdict not in Verdict.values:
        words = f"FROM/TO=VERDICT, a verdict being one of {', '.join(Verdict.values)}"
        raise QuestionError("invalid_label", f"{text.strip()[:100]!r} is not {words}")
    began, ended = interval_of(start, end)
    label = {"from": began.isoformat(), "to": ended.isoformat(), "verdict": verdict}
    return label | {"sensor": sensor} if sensor else label


def interval_of(start: str, end: str) -> Interval:
    """Two moments in ISO 8601, in UTC if there is no offset. Raises QuestionError."""
    began, ended = _moment(start), _moment(end)
    if began >= ended:
        raise QuestionError("before_from", f"{end} is not after {start}")
    return began, ended


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as exc:
        words = f"{text[:100]!r} is not a time, such as 2026-05-01T06:00Z"
        raise QuestionError("invalid_time", words) from exc
    return min(max(moment, EARLIEST), LATEST)
