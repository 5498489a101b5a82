"""The wiring of governance: registry, ledger and retained topics of a profile behind their ports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridctl.cli.output import talk
from gridctl.cli.wiring.base import catalogue_of, newest_schema, reader_of, registry_at, registry_of
from gridctl.cli.wiring.telemetry import telemetry_of
from gridctl.contracts.audit import AUDIT_SUBJECT
from gridctl.governance.register import system_name
from gridctl.governance.stores import RegistryStore
from gridctl.runtime.clock import wall_clock_ms

if TYPE_CHECKING:
    from gridctl.adapters.glue import GlueRegistry
    from gridctl.adapters.kafka.ledger import KafkaLedger
    from gridctl.adapters.registry import HttpRegistry
    from gridctl.audit.chain import Head
    from gridctl.cli.config import Settings
    from gridctl.contracts.verdict import Verdict
    from gridctl.governance.register import Report


@contextmanager
def ledger_of(settings: Settings) -> Iterator[KafkaLedger]:
    """Yield the ledger of the profile."""
    from gridctl.adapters.kafka.ledger import KafkaLedger

    schema = newest_schema(settings, AUDIT_SUBJECT)
    with (
        registry_of(settings) as registry,
        telemetry_of("audit", talk().print) as telemetry,
        KafkaLedger(settings.endpoint("bootstrap"), settings.kafka, registry, schema, telemetry) as ledger,
    ):
        yield ledger


def register_schemas(
    settings: Settings, *, execute: bool, registry_url: str | None = None, adopt: str | None = None
) -> Report:
    """Plan what the tree of the profile needs in a registry; with `execute` do it and record it in the ledger."""
    from gridctl.adapters.origin import origin_of
    from gridctl.adapters.schema_files import read_tree
    from gridctl.governance.register import Registrar, Report
    from gridctl.governance.register_plan import plan

    tree = read_tree(settings.schemas_dir)
    with _registry(settings, registry_url) as registry:
        planned = plan(tree, RegistryStore(registry.url, registry))
        if not execute:
            return Report(planned)
        with ledger_of(settings) as ledger:
            system, origin = system_name(registry.url), origin_of(os.environ)
            registrar = Registrar(registry, ledger, system, origin, wall_clock_ms)
            return registrar.execute(planned, adopt)


def verify_ledger(settings: Settings, expected: Head | None, registry_url: str | None = None) -> Verdict:
    """Walk the ledger of the profile, and compare a registry with it."""
    from gridctl.governance.ledger_check import verify

    with _registry(settings, registry_url) as registry, ledger_of(settings) as ledger:
        store = RegistryStore(registry.url, registry)
        return verify(ledger.records(), store, system_name(registry.url), expected)


def _registry(settings: Settings, url: str | None) -> HttpRegistry | GlueRegistry:
    return registry_of(settings) if url is None else registry_at(url, settings)


def retained(settings: Settings, topic: str) -> Verdict:
    """Judge the newest schemas of the profile's tree as readers of what a topic of its broker retains."""
    from gridctl.adapters.schema_files import read_tree
    from gridctl.governance.retention import retention

    with registry_of(settings) as registry, reader_of(settings) as log:
        return retention(topic, catalogue_of(settings), read_tree(settings.schemas_dir), registry, log)
