"""One suite for the ledger port: in memory, and on the stack's broker with several writers at once."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from gridctl.adapters.kafka.ledger import TRANSACTIONAL_ID, KafkaLedger
from gridctl.adapters.registry import HttpRegistry, RegistryOptions
from gridctl.audit.chain import START, head_of
from gridctl.audit.ledger import Ledger, Origin
from gridctl.audit.verify import walk
from gridctl.contracts.audit import AUDIT_SUBJECT, AUDIT_TOPIC, AuditFact
from gridctl.contracts.framing import frame_header
from tests.running_stack import RunningStack
from tests.support.memory_ledger import MemoryLedger
from tests.support.paths import SCHEMAS

pytestmark = [pytest.mark.stack]

SCHEMA = (SCHEMAS / AUDIT_SUBJECT / "v1.avsc").read_text()
Writer = Callable[[], Ledger]


def fact(subject: str) -> AuditFact:
    return Origin("ann").fact("test.append", subject, 1_700_000_000_000, reason="ü", before="", pull_request=7)


def kafka_ledger(stack: RunningStack, open_: ExitStack) -> KafkaLedger:
    registry = open_.enter_context(HttpRegistry(RegistryOptions(stack.registry)))
    return open_.enter_context(KafkaLedger(stack.bootstrap, {}, registry, SCHEMA))


@pytest.fixture(params=["memory", "kafka"])
def writer(request: pytest.FixtureRequest) -> Iterator[Writer]:
    """Each call is one more writer to the same ledger."""
    if request.param == "memory":
        one = MemoryLedger()
        yield lambda: one
        return
    stack = request.getfixturevalue("stack")
    with ExitStack() as open_:
        yield lambda: kafka_ledger(stack, open_)


def test_what_is_appended_is_at_the_end(writer: Writer) -> None:
    ledger = writer()
    before = ledger.head()
    (first,), (second,) = ledger.append([fact("a")]), ledger.append([fact("b")])
    assert (first.sequence, first.previous_hash) == (before.sequence + 1, before.entry_hash)
    assert (second.sequence, second.previous_hash) == (first.sequence + 1, first.entry_hash)
    assert ledger.head() == head_of(second)
    *_, last_but_one, last = ledger.records()
    assert (last_but_one.entry, last.entry) == (first, second)
    assert first.reason == "ü"


def test_another_reader_sees_the_same(writer: Writer) -> None:
    ledger = writer()
    (entry,) = ledger.append([fact("a")])
    other = writer()
    assert other.head() == head_of(entry)
    assert list(other.records()) == list(ledger.records())


def test_writers_that_take_turns_go_on_with_one_chain(writer: Writer) -> None:
    one, two = writer(), writer()
    before = one.head().sequence
    sequences = [ledger.append([fact("turn")])[0].sequence for ledger in (one, two, one, one, two, one)]
    assert sequences == [before + number for number in range(1, 7)]
    assert walk(one.records(), one.head()).findings == []


@pytest.fixture
def open_() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_writers_at_once_make_no_fork(stack: RunningStack, open_: ExitStack) -> None:
    ledgers = [kafka_ledger(stack, open_) for _ in range(3)]
    before = ledgers[0].head().sequence
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda ledger: [ledger.append([fact("at once")]) for _ in range(4)], ledgers))
    seen = walk(ledgers[0].records(), ledgers[0].head())
    assert seen.findings == []
    assert seen.head.sequence == before + 12


@pytest.mark.slow
def test_many_writers_queue(stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> None:
    appends, facts, run = 5, 3, uuid4().hex
    names = [f"{run}-{number}" for number in range(12)]
    turns: list[Producer] = []

    class Counted(Producer):
        """A producer is made for each turn."""

        def __init__(self, settings: dict[str, Any]) -> None:
            super().__init__(settings)
            turns.append(self)

    def write(name: str) -> None:
        with ExitStack() as open_:
            ledger = kafka_ledger(stack, open_)
            for step in range(appends):
                ledger.append([fact(f"{name}/{step}/{each}") for each in range(facts)])

    monkeypatch.setattr("gridctl.adapters.kafka.ledger.Producer", Counted)
    started_s = time.monotonic()
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(write, names))
    print(f"{time.monotonic() - started_s:.1f} s, {len(turns) - len(names)} times fenced")
    with ExitStack() as open_:
        ledger = kafka_ledger(stack, open_)
        assert walk(ledger.records(), ledger.head()).findings == []
        subjects = [record.entry.subject for record in ledger.records() if record.entry is not None]
    mine = [subject for subject in subjects if subject.startswith(run)]
    wanted = [f"{name}/{step}/{each}" for name in names for step in range(appends) for each in range(facts)]
    assert sorted(mine) == sorted(wanted), "each fact is there once"
    for name in names:
        assert [subject for subject in mine if subject.startswith(f"{name}/")] == [
            subject for subject in wanted if subject.startswith(f"{name}/")
        ], "each writer's facts stand in its order"


def test_facts_of_one_append_stand_together_or_not_at_all(writer: Writer) -> None:
    ledger = writer()
    before = ledger.head().sequence
    entries = ledger.append([fact(name) for name in ("a", "b", "c")])
    assert [(entry.subject, entry.sequence) for entry in entries] == [
        ("a", before + 1),
        ("b", before + 2),
        ("c", before + 3),
    ]
    assert ledger.append([]) == ()
    assert ledger.head() == head_of(entries[-1])
    assert walk(ledger.records(), ledger.head()).findings == []


def test_a_writer_that_died_in_between_leaves_nothing(stack: RunningStack, open_: ExitStack) -> None:
    ledger = kafka_ledger(stack, open_)
    before = ledger.head()
    died = Producer({"bootstrap.servers": stack.bootstrap, "transactional.id": TRANSACTIONAL_ID})
    died.init_transactions(10)
    died.begin_transaction()
    died.produce(AUDIT_TOPIC, b"half written")
    died.flush(10)
    assert ledger.head() == before
    assert ledger.append([fact("after")])[0].sequence == before.sequence + 1
    assert walk(ledger.records()).findings == []
    died.purge()


def test_a_writer_that_is_fenced_between_two_records_takes_another_turn(
    stack: RunningStack, open_: ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    rivals: list[Producer] = []

    class Overtaken(Producer):
        """Another writer takes its turn before the first record, and the answer to that is there before the second."""

        def produce(self, *args: Any, **options: Any) -> None:
            if rivals:
                super().produce(*args, **options)
                return
            rivals.append(Producer({"bootstrap.servers": stack.bootstrap, "transactional.id": TRANSACTIONAL_ID}))
            rivals[0].init_transactions(10)
            super().produce(*args, **options)
            time.sleep(1)

    monkeypatch.setattr("gridctl.adapters.kafka.ledger.Producer", Overtaken)
    ledger = kafka_ledger(stack, open_)
    before = ledger.head().sequence
    assert [entry.sequence for entry in ledger.append([fact("one"), fact("two")])] == [before + 1, before + 2]
    assert walk(ledger.records()).findings == []


@pytest.mark.parametrize("went_through", [True, False])
def test_a_broker_that_fails_in_a_commit_leaves_one_entry(
    stack: RunningStack, open_: ExitStack, monkeypatch: pytest.MonkeyPatch, went_through: bool
) -> None:
    failures = [KafkaException(KafkaError(KafkaError.UNKNOWN, "Unknown broker error"))]

    class Failing(Producer):
        """Its first commit is answered with the broker's own error, after it was done or instead."""

        def commit_transaction(self, timeout: float = -1) -> None:
            if went_through or not failures:
                super().commit_transaction(timeout)
            if failures:
                raise failures.pop()

    monkeypatch.setattr("gridctl.adapters.kafka.ledger.Producer", Failing)
    ledger = kafka_ledger(stack, open_)
    before = ledger.head().sequence
    assert [ledger.append([fact(name)])[0].sequence for name in ("one", "two")] == [before + 1, before + 2]
    assert not failures
    seen = walk(ledger.records(), ledger.head())
    assert (seen.findings, seen.head.sequence) == ([], before + 2)


@pytest.mark.embedded
def test_a_record_that_was_written_around_us_is_found(own_stack: RunningStack) -> None:
    with ExitStack() as open_:
        ledger = kafka_ledger(own_stack, open_)
        head = ledger.head()
        foreign = Producer({"bootstrap.servers": own_stack.bootstrap})
        foreign.produce(AUDIT_TOPIC, frame_header(1) + b"\xff")
        foreign.flush(10)
        (fault,) = walk(ledger.records(), head).findings
    assert (fault.rule, fault.message.startswith(f"{AUDIT_TOPIC} offset ")) == ("audit-unreadable", True)
    done = own_stack.run("schema", "register", "--execute", check=False)
    assert done.returncode == 3
    assert "gridctl audit verify" in done.stderr
    assert own_stack.run("audit", "verify", check=False).returncode == 3


def test_an_empty_ledger_has_the_start_as_its_head() -> None:
    assert MemoryLedger().head() == START
