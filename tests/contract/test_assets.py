"""The asset table follows its topic: on the embedded broker, and in the real tier on Apache Kafka."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from gridctl.adapters.kafka.assets import AssetFollower
from gridctl.adapters.registry import HttpRegistry, RegistryOptions
from gridctl.assets.protection import UNKNOWN_STAMP
from gridctl.avro.codec import compile_encoder
from gridctl.contracts.assets import ASSET_TOPIC
from gridctl.contracts.framing import frame_header
from gridctl.errors import Unavailable, UsageProblem
from tests.running_stack import RunningStack
from tests.support.paths import SCHEMAS
from tests.support.wait import wait_until

pytestmark = [pytest.mark.stack]

SCHEMA = (SCHEMAS / f"{ASSET_TOPIC}-value" / "v1.avsc").read_text()
AT_MS = 1_700_000_000_000


@pytest.fixture
def device_id() -> str:
    """A device of this test alone."""
    return f"asset-{uuid.uuid4().hex}"


@contextmanager
def following(
    stack: RunningStack, overrides: Mapping[str, Any] | None = None, warn: Callable[[str], None] = pytest.fail
) -> Iterator[AssetFollower]:
    with (
        HttpRegistry(RegistryOptions(stack.registry)) as registry,
        AssetFollower(stack.bootstrap, overrides or {}, registry, SCHEMA, warn) as follower,
    ):
        yield follower


def record(device_id: str, priority_level: str) -> dict[str, Any]:
    names = {"device_id": device_id, "circuit_id": "c-1", "feeder_id": "f-1", "priority_level": priority_level}
    return {**names, "valid_from_ms": 0, "valid_to_ms": None, "updated_at_ms": 0}


def apply(stack: RunningStack, device_id: str, priority_level: str) -> None:
    stack.run("assets", "apply", "-", stdin=json.dumps(record(device_id, priority_level)))


def send(stack: RunningStack, device_id: str, value: bytes | None) -> None:
    producer = Producer({"bootstrap.servers": stack.bootstrap})
    producer.produce(ASSET_TOPIC, value, device_id)
    assert producer.flush(20) == 0


def is_stamped(follower: AssetFollower, device_id: str, stamp: tuple[str, str | None]) -> bool:
    return follower.table.stamps()(device_id, AT_MS) == stamp


def test_what_the_topic_held_is_there_at_once(stack: RunningStack, device_id: str) -> None:
    apply(stack, device_id, "LIFE_SUSTAINING")
    with following(stack) as follower:
        assert is_stamped(follower, device_id, ("LIFE_SUSTAINING", "c-1"))


def test_what_is_added_later_is_followed_again_and_again(stack: RunningStack, device_id: str) -> None:
    with following(stack) as follower:
        assert is_stamped(follower, device_id, UNKNOWN_STAMP)
        for level in ("ESSENTIAL", "LIFE_SUSTAINING", "PUBLIC_SAFETY"):
            apply(stack, device_id, level)
            wait_until(partial(is_stamped, follower, device_id, (level, "c-1")), otherwise=level)
        follower.check()


@pytest.mark.parametrize("value", [None, b"", b"\0\xff\xff\xff\xff-", b"not framed"])
def test_a_deleted_or_unreadable_record_is_unknown(stack: RunningStack, device_id: str, value: bytes | None) -> None:
    apply(stack, device_id, "ESSENTIAL")
    with following(stack) as follower:
        assert is_stamped(follower, device_id, ("ESSENTIAL", "c-1"))
        send(stack, device_id, value)
        wait_until(partial(is_stamped, follower, device_id, UNKNOWN_STAMP))


def test_a_table_that_waits_does_not_keep_the_broker_busy(stack: RunningStack, device_id: str) -> None:
    apply(stack, device_id, "ESSENTIAL")
    fetches: list[int] = []

    def count(statistics: str) -> None:
        brokers = json.loads(statistics)["brokers"].values()
        fetches.append(sum(broker["req"].get("Fetch", 0) for broker in brokers))

    with following(stack, {"statistics.interval.ms": 100, "stats_cb": count}) as follower:
        wait_until(lambda: len(fetches) >= 25, otherwise="the client tells nothing of itself")
        follower.check()
    assert fetches[-1] - fetches[-11] <= 10, f"asked again and again for nothing: {fetches}"


def heard(follower: AssetFollower, warnings: list[str], count: int) -> bool:
    follower.check()
    return len(warnings) >= count


@pytest.mark.embedded
def test_a_broker_that_went_away_is_followed_again(
    own_stack: RunningStack, device_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridctl.adapters.kafka.assets.STALE_AFTER_S", 2)
    apply(own_stack, device_id, "ESSENTIAL")
    warnings: list[str] = []
    with following(own_stack, warn=warnings.append) as follower:
        with own_stack.without("broker"):
            wait_until(partial(heard, follower, warnings, 1), 60)
            assert is_stamped(follower, device_id, ("ESSENTIAL", "c-1")), "a short outage changes no stamp"
        wait_until(partial(heard, follower, warnings, 2), 60)
        apply(own_stack, device_id, "LIFE_SUSTAINING")
        wait_until(partial(is_stamped, follower, device_id, ("LIFE_SUSTAINING", "c-1")))
        follower.check()
    stale, again = warnings
    assert own_stack.bootstrap in stale
    assert "UNKNOWN" in stale
    assert "followed again" in again


@pytest.mark.embedded
def test_a_record_whose_schema_cannot_be_asked_for_is_taken_when_the_registry_answers(
    own_stack: RunningStack, device_id: str
) -> None:
    with HttpRegistry(RegistryOptions(own_stack.registry)) as registry:
        found = registry.find(f"{ASSET_TOPIC}-value", SCHEMA)
    assert found is not None
    value = frame_header(found.schema_id) + compile_encoder(SCHEMA)(record(device_id, "ESSENTIAL"))
    with following(own_stack) as follower:
        with own_stack.without("registry"):
            send(own_stack, device_id, value)
            wait_until(lambda: own_stack.registry in follower._problem, 60)
            assert is_stamped(follower, device_id, UNKNOWN_STAMP)
        wait_until(partial(is_stamped, follower, device_id, ("ESSENTIAL", "c-1")), 30)
        follower.check()


@pytest.mark.embedded
def test_a_topic_that_was_created_again_ends_the_run(own_stack: RunningStack, device_id: str) -> None:
    apply(own_stack, device_id, "ESSENTIAL")
    admin = AdminClient({"bootstrap.servers": own_stack.bootstrap})
    with following(own_stack) as follower:
        for deleted in admin.delete_topics([ASSET_TOPIC]).values():
            deleted.result(20)
        own_stack.run("topics", "apply")

        def is_over() -> bool:
            try:
                follower.check()
            except Unavailable as failure:
                return "created again" in failure.message
            return False

        wait_until(is_over, otherwise="what the topic held before would be stamped for ever")


def test_our_own_schema_must_be_one(stack: RunningStack) -> None:
    with HttpRegistry(RegistryOptions(stack.registry)) as registry, pytest.raises(UsageProblem, match="Avro schema"):
        AssetFollower(stack.bootstrap, {}, registry, '{"type": "record"}', pytest.fail)
