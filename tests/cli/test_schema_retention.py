"""`gridctl schema retention` on the stack: a topic of its own, with records of two versions and a dead letter."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from gridctl.adapters.registry import HttpRegistry, RegistryOptions
from gridctl.contracts.deadletter import DEAD_LETTER_SUBJECT
from gridctl.contracts.framing import frame_header
from gridctl.deadletters.letter import letter_of
from gridctl.deadletters.refusal import Refusal
from gridctl.streams.codec import framed_encoder
from tests.running_stack import RunningStack
from tests.support.paths import SCHEMAS

pytestmark = [pytest.mark.stack]

BASE = {"type": "record", "name": "R", "namespace": "gridstream.t", "fields": [{"name": "a", "type": "int"}]}
B = {"name": "b", "type": "int"}
ONE = json.dumps(BASE)
TWO = json.dumps(BASE | {"fields": [*BASE["fields"], B | {"default": 0}]})
NEEDS_B = json.dumps(BASE | {"fields": [*BASE["fields"], B]})
UNKNOWN_ID = 2_000_000_000

Asked = Callable[[str, str, int], dict[str, Any]]


@pytest.fixture
def asked(stack: RunningStack, tmp_path: Path) -> Asked:
    """Ask about a topic with this newest local schema; the exit code must be the one given."""

    def ask(topic: str, reader: str, code: int) -> dict[str, Any]:
        tree = tmp_path / "schemas"
        shutil.copytree(SCHEMAS, tree, dirs_exist_ok=True)
        (tree / f"{topic}-value").mkdir(exist_ok=True)
        (tree / f"{topic}-value" / "v1.avsc").write_text(reader)
        with (tree / "topics.toml").open("a") as file:
            for name, subject in ((topic, f"{topic}-value"), (f"{topic}.dlq", DEAD_LETTER_SUBJECT)):
                rest = 'owner = "@t"\ndescription = "t"\npartitions = 2\nkey = "k"\nretention_ms = -1'
                dlq = f'dlq = "{topic}.dlq"' if name == topic else ""
                file.write(f'[[topic]]\nname = "{name}"\nsubject = "{subject}"\n{rest}\n{dlq}\n')
        done = stack.run("schema", "retention", topic, "--schemas", tree, "--format", "json", check=False)
        assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    return ask


def fill(stack: RunningStack, topic: str, records: list[tuple[str, bytes]]) -> None:
    admin = AdminClient({"bootstrap.servers": stack.bootstrap})
    for future in admin.create_topics([NewTopic(topic, 2, 1), NewTopic(f"{topic}.dlq", 1, 1)]).values():
        future.result(10)
    producer = Producer({"bootstrap.servers": stack.bootstrap})
    for name, value in records:
        producer.produce(name, value)
    assert producer.flush(10) == 0


def test_every_id_in_the_topic_and_its_dead_letters_counts(stack: RunningStack, asked: Asked) -> None:
    topic = "t.retained"
    with HttpRegistry(RegistryOptions(stack.registry)) as registry:
        one, two = (registry.register(f"{topic}-value", text).schema_id for text in (ONE, TWO))
        # The stack is shared: for the tests of the ledger nothing may be registered that is not recorded.
        stack.run("schema", "register", "--execute", "--adopt", "registered by a test")
        dead = (SCHEMAS / DEAD_LETTER_SUBJECT / "v2.avsc").read_text()
        raw = frame_header(one) + b"\x02"
        letter = letter_of(Refusal("APPLY", "r", "r"), raw, "s", now_ms=0, cap_bytes=100)
        encoder = framed_encoder(DEAD_LETTER_SUBJECT, dead, registry)
        value = encoder.header + encoder.body(letter.__dict__)
        fill(stack, topic, [(topic, frame_header(two) + b"\x02\x02")] * 3 + [(f"{topic}.dlq", value)])
    document = asked(topic, TWO, 0)
    rows = [(row["place"], row["version"], row["records"], row["readable"]) for row in document["checked"]["ids"]]
    assert rows == [
        (f"raw in {topic}.dlq", 1, 1, True),
        (topic, 2, 3, True),
        (f"{topic}.dlq", 2, 1, True),
    ]
    (finding,) = asked(topic, NEEDS_B, 3)["findings"]
    assert (finding["rule"], finding["subject"], finding["version"]) == ("retention-unreadable", f"{topic}-value", 1)


def test_an_id_that_the_registry_does_not_know_is_no_pass(stack: RunningStack, asked: Asked) -> None:
    fill(stack, "t.unknown", [("t.unknown", frame_header(UNKNOWN_ID) + b"\x02")])
    (finding,) = asked("t.unknown", ONE, 3)["findings"]
    assert finding["rule"] == "retention-unknown-id"
    assert str(UNKNOWN_ID) in finding["message"]


def test_people_see_each_id_on_a_line(stack: RunningStack) -> None:
    shown = stack.run("schema", "retention", "grid.audit").stdout
    assert "grid.audit: id " in shown
    assert "(grid.audit-value v1)" in shown


def test_what_cannot_be_asked_is_no_pass(stack: RunningStack) -> None:
    assert stack.run("schema", "retention", "no.such", check=False).returncode == 2
    away = stack.run("-X", "bootstrap=127.0.0.1:9", "schema", "retention", "iot.thermostat", check=False)
    assert away.returncode == 5
