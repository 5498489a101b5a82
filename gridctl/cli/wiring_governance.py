"""The wiring of governance: registry and ledger of a profile behind their ports."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridctl.cli.wiring import newest_schema, registry_of
from gridctl.contracts.audit import AUDIT_SUBJECT

if TYPE_CHECKING:
    from gridctl.adapters.kafka.ledger import KafkaLedger
    from gridctl.cli.config import Settings
    from gridctl.governance.register import Report


@contextmanager
def ledger_of(settings: Settings) -> Iterator[KafkaLedger]:
    """Yield the ledger of the profile."""
    from gridctl.adapters.kafka.ledger import KafkaLedger

    schema = newest_schema(settings, AUDIT_SUBJECT)
    with (
        registry_of(settings) as registry,
        KafkaLedger(settings.endpoint("bootstrap"), settings.profile.kafka, registry, schema) as ledger,
    ):
        yield ledger


def register_schemas(settings: Settings, *, execute: bool) -> Report:
    """Plan what the tree of the profile needs in its registry; with `execute` do it and record it in the ledger."""
    from gridctl.adapters.schema_files import read_tree
    from gridctl.cli.wiring_origin import origin_of
    from gridctl.governance.plan import plan
    from gridctl.governance.register import Registrar, Report, system_name

    tree = read_tree(settings.schemas_dir)
    with registry_of(settings) as registry:
        planned = plan(tree, registry)
        if not execute:
            return Report(planned)
        with ledger_of(settings) as ledger:
            ledger.head()  # before anything is written: what cannot be recorded is not done
            system = system_name(registry.url)
            clock = lambda: time.time_ns() // 1_000_000  # noqa: E731 -- as elsewhere in the wiring
            return Registrar(registry, ledger, system, origin_of(os.environ), clock).execute(planned)
