from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from sensors.intake.decoding import MOST_REJECTIONS_KEPT
from sensors.mqtt.backoff import Backoff
from sensors.mqtt.gathering import Inbox, Limits, Message, Reader
from sensors.mqtt.redelivery import Delivered
from sensors.mqtt.topics import SensorTopic
from tests.factories import NOON

LIMITS = Limits(messages=3, seconds=0.0, readings=4, message_bytes=60)
TOPICS = SensorTopic.parse("plant/{sensor_id}", "{sensor_id}")
STAMPED = b'{"value": 1, "timestamp": "2026-06-01T12:00:00Z"}'
_mids = count(1)


def message(payload: bytes = b"1", **fields: Any) -> Message:
    defaults: dict[str, Any] = {
        "topic": "plant/T1",
        "payload": payload,
        "arrived": NOON,
        "size": len(payload),
    }
    return Message(**defaults | {"qos": 1, "mid": next(_mids)} | fields)


def again(first: Message, **fields: Any) -> Message:
    return message(first.payload, mid=first.mid, again=True, **fields)


@pytest.fixture
def reader() -> Reader:
    return Reader(TOPICS, LIMITS)


@pytest.fixture
def delivered() -> Delivered:
    return Delivered(LIMITS.in_flight)


def test_a_batch_has_no_more_messages_than_it_may() -> None:
    inbox = Inbox(LIMITS)
    for _ in range(5):
        inbox.put(message())

    assert [len(inbox.take(patience=0)) for _ in range(3)] == [3, 2, 0]


def test_a_full_inbox_drops_what_nobody_sends_again() -> None:
    inbox = Inbox(LIMITS)
    for _ in range(7):
        inbox.put(message(qos=0))
    inbox.put(message(qos=1))

    assert [len(inbox.take(patience=0)) for _ in range(4)] == [3, 3, 1, 0]
    assert (inbox.take_dropped(), inbox.take_dropped()) == (1, 0)


def test_what_cannot_be_read_is_kept_and_holds_nothing_up(
    reader: Reader, delivered: Delivered
) -> None:
    odd = message(b"O\x00N")

    [gathered] = reader.gather([message(), odd, message(b"2")], delivered)

    upload = gathered.uploads["live"]
    assert [reading.value for reading in upload.readings] == [1, 2]
    [rejection] = upload.rejections
    assert (rejection.index, rejection.code) == (1, "unparseable")
    told = gathered.last_rejected
    assert told is not None
    assert told == rejection
    assert (told.topic, told.payload) == ("plant/T1", "O\ufffdN")
    assert told.received_at == NOON.isoformat()
    assert len(gathered.messages) == 3


def test_a_message_that_is_too_large_is_kept_in_part(reader: Reader, delivered: Delivered) -> None:
    [gathered] = reader.gather([message(b"[1,1", size=10_000)], delivered)

    told = gathered.last_rejected
    assert told is not None
    assert (told.code, told.detail) == ("too_large", "10000 bytes; at most 60")


def test_of_many_rejections_the_first_are_kept_and_all_are_counted(delivered: Delivered) -> None:
    limits = Limits(messages=3, seconds=0.0, readings=10_000, message_bytes=20_000)
    zeros = b"[" + b"0," * 2_999 + b"0]"

    [gathered] = Reader(TOPICS, limits).gather(
        [message(zeros), message(b"no"), message()], delivered
    )

    upload = gathered.uploads["live"]
    assert (gathered.rejected, upload.rejected) == (3_001, 3_001)
    assert len(upload.rejections) == MOST_REJECTIONS_KEPT
    assert upload.size == 3_002


def test_a_batch_ends_when_enough_is_rejected(delivered: Delivered) -> None:
    limits = Limits(messages=3, seconds=0.0, readings=2_000, message_bytes=20_000)
    zeros = b"[" + b"0," * 1_999 + b"0]"

    gathered = Reader(TOPICS, limits).gather([message(zeros), message(zeros)], delivered)

    assert [one.rejected for one in gathered] == [2_000, 2_000]


def test_live_and_backfill_are_kept_apart(reader: Reader, delivered: Delivered) -> None:
    old = b'{"readings":[{"sensor_id":"T2"}],"mode":"backfill"}'

    [gathered] = reader.gather([message(), message(old)], delivered)

    assert gathered.uploads["live"].mode == "live"
    assert gathered.uploads["backfill"].mode == "backfill"


def test_a_batch_ends_when_it_has_readings_enough(reader: Reader, delivered: Delivered) -> None:
    gathered = reader.gather([message(STAMPED) for _ in range(9)], delivered)

    assert [len(one.messages) for one in gathered] == [4, 4, 1]


def test_without_a_pattern_the_payload_has_to_name_the_sensor(delivered: Delivered) -> None:
    [gathered] = Reader(None, LIMITS).gather([message()], delivered)

    assert [told.code for told in gathered.uploads["live"].rejections] == ["no_sensor"]


def test_a_value_without_time_is_known_when_it_comes_again(
    reader: Reader, delivered: Delivered
) -> None:
    first, second = message(), message(b"2")
    [gathered] = reader.gather([first, second], delivered)
    assert gathered.delivered is not None

    [repeats] = reader.gather([again(first), again(second)], gathered.delivered)

    assert repeats.repeated == 2
    assert not repeats.uploads
    assert len(repeats.messages) == 2


def test_a_repeat_in_the_same_batch_is_known_as_well(reader: Reader, delivered: Delivered) -> None:
    first = message()

    [gathered] = reader.gather([first, again(first)], delivered)

    assert len(gathered.uploads["live"].readings) == 1
    assert len(gathered.messages) == 2


def test_readings_with_times_need_no_memory(reader: Reader, delivered: Delivered) -> None:
    [gathered] = reader.gather([message(STAMPED)], delivered)

    assert gathered.delivered is None


def test_the_memory_passes_through_the_database() -> None:
    first = message()
    delivered = Delivered(10)
    delivered.add(first)

    kept = Delivered(10, delivered.packed())

    assert kept.know(again(first))


def test_only_a_marked_repeat_in_the_same_session_is_one() -> None:
    first = message()
    delivered = Delivered(10)
    delivered.add(first)

    assert not delivered.know(message(mid=first.mid))
    assert not delivered.know(again(first, session=1))
    assert not delivered.know(message(b"2", mid=first.mid, again=True))
    assert not delivered.know(again(first, topic="plant/T2"))


def test_a_new_session_forgets_the_old_one() -> None:
    first, second = message(), message(b"2", session=1)
    delivered = Delivered(10)
    delivered.add(first)
    delivered.add(second)
    delivered.add(message(session=0))

    assert delivered.know(again(second, session=1))
    assert not delivered.know(again(first))


def test_no_more_is_remembered_than_can_be_under_way() -> None:
    delivered = Delivered(2)
    three = [message() for _ in range(3)]
    for one in three:
        delivered.add(one)
    delivered.add(message(qos=0, mid=0))

    assert [delivered.know(again(one)) for one in three] == [False, True, True]


def test_waiting_grows_up_to_a_limit_and_is_never_the_same_for_all() -> None:
    backoff = Backoff(first=1, most=4)

    waits = [backoff.wait() for _ in range(5)]

    for wait, longest in zip(waits, [1, 2, 4, 4, 4], strict=True):
        assert longest / 2 <= wait <= longest
    backoff.reset()
    assert backoff.wait() <= 1
