"""The wiring of governance: registry, ledger and retained topics of a profile behind their ports."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from gridctl.cli.wiring.base import catalogue_of, newest_schema, registry_at, registry_of
from gridctl.contracts.audit import AUDIT_SUBJECT
from gridctl.errors import UsageProblem
from gridctl.governance.register import system_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridctl.adapters.glue import GlueRegistry
    from gridctl.adapters.kafka.ledger import KafkaLedger
    from gridctl.adapters.registry import HttpRegistry
    from gridctl.audit.chain import Head
    from gridctl.cli.config import Settings
    from gridctl.governance.ledger_check import Verified
    from gridctl.governance.register import Report
    from gridctl.governance.retention import Census, Need
    from gridctl.streams.codec import FramedDecoder


@contextmanager
def ledger_of(settings: Settings) -> Iterator[KafkaLedger]:
    """Yield the ledger of the profile."""
    from gridctl.adapters.kafka.ledger import KafkaLedger

    schema = newest_schema(settings, AUDIT_SUBJECT)
    with (
        registry_of(settings) as registry,
        KafkaLedger(settings.endpoint("bootstrap"), settings.kafka, registry, schema) as ledger,
    ):
        yield ledger


def register_schemas(
    settings: Settings, *, execute: bool, registry_url: str | None = None, adopt: str | None = None
) -> Report:
    """Plan what the tree of the profile needs in a registry; with `execute` do it and record it in the ledger.

    `adopt` is the reason for which versions that nobody recorded are recorded first, as they are.
    """
    from gridctl.adapters.origin import origin_of
    from gridctl.adapters.schema_files import read_tree
    from gridctl.governance.ledger_check import LedgerView, unexplained
    from gridctl.governance.register import Registrar, Report
    from gridctl.governance.register_plan import plan

    tree = read_tree(settings.schemas_dir)
    with _registry(settings, registry_url) as registry:
        planned = plan(tree, registry)
        if not execute:
            return Report(planned)
        with ledger_of(settings) as ledger:
            ledger.head()  # before anything is written: what cannot be recorded is not done
            view = LedgerView(system_name(registry.url))
            registrar = Registrar(registry, ledger, view.system, origin_of(os.environ), _now_ms)
            if adopt is None:
                return registrar.execute(planned)
            deque(view.listen(ledger.records()), maxlen=0)
            strange = list(unexplained(view, registry))
            report = registrar.execute(planned)
            adopted = registrar.adopt(strange, adopt)
            return replace(report, entries=(*report.entries, *adopted), head=ledger.head())


def verify_ledger(settings: Settings, expected: Head | None, registry_url: str | None = None) -> Verified:
    """Walk the ledger of the profile, and compare a registry with it."""
    from gridctl.governance.ledger_check import verify

    with _registry(settings, registry_url) as registry, ledger_of(settings) as ledger:
        return verify(ledger.records(), registry, system_name(registry.url), expected)


def _registry(settings: Settings, url: str | None) -> HttpRegistry | GlueRegistry:
    return registry_of(settings) if url is None else registry_at(url, settings)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Retained(NamedTuple):
    """What a topic retains, and the file that would read it."""

    census: Census
    needs: list[Need]
    reader: str


def retained(settings: Settings, topic: str) -> Retained:
    """Read the topic and its dead letters, and judge the newest local readers; UsageProblem, Unavailable."""
    from gridctl.adapters.kafka.reader import KafkaReader
    from gridctl.adapters.schema_files import read_tree
    from gridctl.governance.retention import Census, Judge, inside
    from gridctl.streams.codec import FramedDecoder

    catalogue = catalogue_of(settings)
    spec = catalogue.by_name.get(topic)
    if spec is None:
        known = ", ".join(catalogue.by_name)
        raise UsageProblem(
            f"{topic} is not a topic of {settings.schemas_dir / 'topics.toml'}", next_step=f"one of {known}"
        )
    subject_of = {spec.name: spec.subject}
    if spec.dlq is not None:
        subject_of |= {spec.dlq: catalogue[spec.dlq].subject, inside(spec.dlq): spec.subject}
    topics = [name for name in (spec.name, spec.dlq) if name is not None]
    census = Census()
    with (
        registry_of(settings) as registry,
        KafkaReader(settings.endpoint("bootstrap"), settings.kafka) as log,
    ):
        judge = Judge(read_tree(settings.schemas_dir), registry)
        reader = judge.reader(spec.subject)
        decoder = FramedDecoder(registry)
        for message in log.read(log.spans(topics)):
            place, value, time_ms = message.topic() or "", message.value(), message.timestamp()[1]
            census.add(place, value, time_ms)
            if place == spec.dlq and value is not None:
                census.add_letter(place, _decoded(decoder, value), time_ms)
        return Retained(census, list(judge.needs(census, subject_of)), reader.path)


def _decoded(decoder: FramedDecoder, value: bytes) -> Mapping[str, object] | None:
    """Return a dead letter as it was written, or None where it cannot be read or is something else."""
    from gridctl.streams.codec import Unreadable

    try:
        letter = decoder.decode(value)
    except Unreadable:
        return None
    return letter if isinstance(letter, dict) and {"raw", "stage"} <= letter.keys() else None
