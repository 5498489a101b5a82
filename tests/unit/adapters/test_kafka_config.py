"""What a profile may set of the Kafka client, and what it may not, under whatever name and in whatever command."""

from collections.abc import Callable
from typing import get_args

import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient

from gridctl.adapters.kafka.admin import KafkaTopics
from gridctl.adapters.kafka.assets import AssetFollower
from gridctl.adapters.kafka.config import FIXED, ORDINARY, Role, Value, client_config
from gridctl.adapters.kafka.consumer import KafkaEvents
from gridctl.adapters.kafka.ledger import KafkaLedger
from gridctl.adapters.kafka.metadata import require_reachable
from gridctl.adapters.kafka.producer import KafkaPublisher
from gridctl.adapters.kafka.reader import KafkaReader
from gridctl.errors import UsageProblem
from tests.support.command import call
from tests.support.memory_registry import MemoryRegistry
from tests.support.paths import ROOT

NOWHERE = "127.0.0.1:1"
ROLES: tuple[Role, ...] = get_args(Role)
BREAKING: list[tuple[str, Value]] = [
    ("acks", 1),
    ("acks", "0"),
    ("acks", "leader"),
    ("request.required.acks", 1),
    ("topic.acks", "1"),
    ("topic.request.required.acks", "0"),
    ("enable.idempotence", False),
    ("enable.idempotence", "F"),
    ("max.in.flight", 6),
    ("max.in.flight.requests.per.connection", "1000"),
    ("retries", 0),
    ("message.send.max.retries", "0"),
    ("queuing.strategy", "lifo"),
    ("partitioner", "random"),
    ("transactional.id", "mine"),
    ("delivery.report.only.error", True),
    ("enable.auto.commit", "true"),
    ("auto.commit.enable", 1),
    ("enable.auto.offset.store", False),
    ("auto.offset.reset", "latest"),
    ("auto.offset.reset", "end"),
    ("auto.offset.reset", "error"),
    ("topic.auto.offset.reset", "largest"),
    ("check.crcs", "false"),
    ("isolation.level", "READ_UNCOMMITTED"),
    ("default.topic.config", "x"),
    ("metadata.broker.list", "127.0.0.1:2"),
]
SAME: list[tuple[str, Value]] = [
    ("acks", "all"),
    ("request.required.acks", -1),
    ("enable.idempotence", "TRUE"),
    ("max.in.flight", 1),
    ("retries", "3"),
    ("partitioner", "murmur2_random"),
    ("enable.auto.commit", "f"),
    ("enable.auto.offset.store", 1),
    ("auto.offset.reset", "smallest"),
    ("check.crcs", True),
    ("isolation.level", "read_committed"),
]
SCHEMA = '"int"'
CONNECT: dict[str, Callable[[dict[str, Value]], object]] = {
    "admin": lambda overrides: KafkaTopics(NOWHERE, overrides),
    "asset table": lambda overrides: AssetFollower(NOWHERE, overrides, MemoryRegistry(), SCHEMA, print),
    "consumer": lambda overrides: KafkaEvents(NOWHERE, overrides, group="g", topics=["t"]),
    "ledger": lambda overrides: KafkaLedger(NOWHERE, overrides, MemoryRegistry(), SCHEMA),
    "probe": lambda overrides: require_reachable(NOWHERE, overrides, 0.1),
    "publisher": lambda overrides: KafkaPublisher(NOWHERE, overrides, frozenset()),
    "reader": lambda overrides: KafkaReader(NOWHERE, overrides),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("name", "value"), BREAKING)
def test_what_a_guarantee_rests_on_is_refused_in_every_role(role: Role, name: str, value: Value) -> None:
    with pytest.raises(UsageProblem, match=f"^Kafka setting {name} = {value} is refused: ") as caught:
        client_config(role, NOWHERE, {"linger.ms": 7, name: value})
    assert caught.value.next_step == "take it out of [profile.NAME.kafka], or out of -X"


@pytest.mark.parametrize("connect", CONNECT.values(), ids=CONNECT)
def test_whatever_connects_refuses_it(connect: Callable[[dict[str, Value]], object]) -> None:
    with pytest.raises(UsageProblem, match=r"check\.crcs = false is refused"):
        connect({"check.crcs": "false"})


@pytest.mark.parametrize(("name", "value"), SAME)
def test_to_say_what_holds_anyway_is_no_fault_and_the_client_takes_it(name: str, value: Value) -> None:
    for role, client in (("admin", AdminClient), ("producer", Producer), ("consumer", Consumer), ("reader", Consumer)):
        own = {"group.id": "g"} if client is Consumer else {}
        client(client_config(role, NOWHERE, {name: value}, own))  # type: ignore[arg-type] # the roles by their texts


@pytest.mark.parametrize("role", ROLES)
def test_ordinary_settings_are_the_profiles_and_a_clients_own_win(role: Role) -> None:
    changed = dict.fromkeys([*ORDINARY[role], "client.id", "log_level"], 1)
    config = client_config(role, NOWHERE, changed, {"log_level": 2})
    assert {name: config[name] for name in changed} == changed | {"log_level": 2}
    assert FIXED[role].items() <= config.items()
    assert config["bootstrap.servers"] == NOWHERE


@pytest.mark.parametrize("words", [("topics", "list"), ("dlq", "summary")])
def test_a_command_says_so_in_one_sentence(words: tuple[str, ...]) -> None:
    settings = [f"bootstrap={NOWHERE}", "registry=http://127.0.0.1:1", "redis=redis://127.0.0.1:1"]
    flags = [part for setting in (*settings, "kafka.request.required.acks=1") for part in ("-X", setting)]
    done = call(*flags, *words, cwd=ROOT)
    assert done.returncode == 2, done.stderr
    assert "Kafka setting request.required.acks = 1 is refused" in done.stderr
