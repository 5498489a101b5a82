"""The asset table follows its topic: on the embedded broker, and in the real tier on Apache Kafka."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from confluent_kafka import Producer

from gridctl.adapters.kafka.assets import AssetFollower
from gridctl.adapters.registry import HttpRegistry, RegistryOptions
from gridctl.contracts.assets import ASSET_TOPIC, UNKNOWN_STAMP
from gridctl.errors import Unavailable
from tests.running_stack import ROOT, RunningStack

pytestmark = [pytest.mark.stack]

SCHEMA = (ROOT / "schemas" / f"{ASSET_TOPIC}-value" / "v1.avsc").read_text()
AT_MS = 1_700_000_000_000


@pytest.fixture
def device_id() -> str:
    """A device of this test alone."""
    return f"asset-{uuid.uuid4().hex}"


@contextmanager
def following(stack: RunningStack, overrides: Mapping[str, Any] | None = None) -> Iterator[AssetFollower]:
    with (
        HttpRegistry(RegistryOptions(stack.registry)) as registry,
        AssetFollower(stack.bootstrap, overrides or {}, registry, SCHEMA) as follower,
    ):
        yield follower


def apply(stack: RunningStack, device_id: str, priority_level: str) -> None:
    names = {"device_id": device_id, "circuit_id": "c-1", "feeder_id": "f-1", "priority_level": priority_level}
    record = {**names, "valid_from_ms": 0, "valid_to_ms": None, "updated_at_ms": 0}
    stack.run("assets", "apply", "-", stdin=json.dumps(record))


def send(stack: RunningStack, device_id: str, value: bytes | None) -> None:
    producer = Producer({"bootstrap.servers": stack.bootstrap})
    producer.produce(ASSET_TOPIC, value, device_id)
    assert producer.flush(20) == 0


def becomes(true: Callable[[], bool], timeout_s: float = 15) -> bool:
    deadline_s = time.monotonic() + timeout_s
    while not true() and time.monotonic() < deadline_s:
        time.sleep(0.05)
    return true()


def is_stamped(follower: AssetFollower, device_id: str, stamp: tuple[str, str | None]) -> bool:
    return follower.table.stamp(device_id, AT_MS) == stamp


def test_what_the_topic_held_is_there_at_once(stack: RunningStack, device_id: str) -> None:
    apply(stack, device_id, "LIFE_SUSTAINING")
    with following(stack) as follower:
        assert is_stamped(follower, device_id, ("LIFE_SUSTAINING", "c-1"))


def test_what_is_added_later_is_followed_again_and_again(stack: RunningStack, device_id: str) -> None:
    with following(stack) as follower:
        assert is_stamped(follower, device_id, UNKNOWN_STAMP)
        for level in ("ESSENTIAL", "LIFE_SUSTAINING", "PUBLIC_SAFETY"):
            apply(stack, device_id, level)
            assert becomes(partial(is_stamped, follower, device_id, (level, "c-1"))), level
        follower.check()


@pytest.mark.parametrize("value", [None, b"", b"\0\xff\xff\xff\xff-", b"not framed"])
def test_a_deleted_or_unreadable_record_is_unknown(stack: RunningStack, device_id: str, value: bytes | None) -> None:
    apply(stack, device_id, "ESSENTIAL")
    with following(stack) as follower:
        assert is_stamped(follower, device_id, ("ESSENTIAL", "c-1"))
        send(stack, device_id, value)
        assert becomes(partial(is_stamped, follower, device_id, UNKNOWN_STAMP))


def test_a_table_that_waits_does_not_keep_the_broker_busy(stack: RunningStack, device_id: str) -> None:
    apply(stack, device_id, "ESSENTIAL")
    fetches: list[int] = []

    def count(statistics: str) -> None:
        brokers = json.loads(statistics)["brokers"].values()
        fetches.append(sum(broker["req"].get("Fetch", 0) for broker in brokers))

    with following(stack, {"statistics.interval.ms": 100, "stats_cb": count}) as follower:
        assert becomes(lambda: len(fetches) >= 25), "the client tells nothing of itself"
        follower.check()
    assert fetches[-1] - fetches[-11] <= 10, f"asked again and again for nothing: {fetches}"


@pytest.mark.embedded
def test_a_broker_that_went_away_ends_the_following(own_stack: RunningStack, device_id: str) -> None:
    with following(own_stack) as follower:
        follower.check()
        own_stack.run("down")

        def is_over() -> bool:
            try:
                follower.check()
            except Unavailable as failure:
                return own_stack.bootstrap in str(failure)
            return False

        assert becomes(is_over, 60), "stamps from a table that no longer follows would be used"
