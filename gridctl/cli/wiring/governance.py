"""The wiring of governance: registry and ledger of a profile behind their ports."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from gridctl.cli.wiring.base import newest_schema, registry_at, registry_of
from gridctl.contracts.audit import AUDIT_SUBJECT
from gridctl.governance.register import system_name

if TYPE_CHECKING:
    from gridctl.adapters.glue import GlueRegistry
    from gridctl.adapters.kafka.ledger import KafkaLedger
    from gridctl.adapters.registry import HttpRegistry
    from gridctl.audit.chain import Head
    from gridctl.cli.config import Settings
    from gridctl.governance.ledger_check import Verified
    from gridctl.governance.register import Report


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
    from gridctl.governance.ledger_check import Told, unexplained
    from gridctl.governance.register import Registrar, Report
    from gridctl.governance.register_plan import plan

    tree = read_tree(settings.schemas_dir)
    with _registry(settings, registry_url) as registry:
        planned = plan(tree, registry)
        if not execute:
            return Report(planned)
        with ledger_of(settings) as ledger:
            ledger.head()  # before anything is written: what cannot be recorded is not done
            told = Told(system_name(registry.url))
            registrar = Registrar(registry, ledger, told.system, origin_of(os.environ), _now_ms)
            if adopt is None:
                return registrar.execute(planned)
            deque(told.listen(ledger.records()), maxlen=0)
            strange = list(unexplained(told, registry))
            report = registrar.execute(planned)
            adopted = registrar.adopt(strange, adopt)
            return replace(report, entries=(*report.entries, *adopted), head=ledger.head())


def verify_ledger(settings: Settings, expected: Head | None, registry_url: str | None = None) -> Verified:
    """Walk the ledger of the profile, and hold a registry against it."""
    from gridctl.governance.ledger_check import verify

    with _registry(settings, registry_url) as registry, ledger_of(settings) as ledger:
        return verify(ledger.records(), registry, system_name(registry.url), expected)


def _registry(settings: Settings, url: str | None) -> HttpRegistry | GlueRegistry:
    return registry_of(settings) if url is None else registry_at(url, settings)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
