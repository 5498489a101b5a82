"""What was done last, as the audit ledger has it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gridctl.cli.config import Settings
from gridctl.cli.output import time_and_age
from gridctl.cli.top.model import Ask, Block, Panel

ENTRIES = 20
_FIELDS = ("sequence", "time_ms", "actor", "action", "subject")


@contextmanager
def _connect(settings: Settings) -> Iterator[Ask]:
    from gridctl.cli.wiring.governance import ledger_of

    with ledger_of(settings) as ledger:

        def ask() -> Mapping[str, Any]:
            entries = (record.entry for record in reversed(ledger.newest(ENTRIES)))
            return {"entries": [entry.model_dump(include=set(_FIELDS)) for entry in entries if entry is not None]}

        yield ask


def _block(data: Mapping[str, Any], now_ms: int) -> Block:
    rows = [
        [*time_and_age(entry["time_ms"], now_ms), entry["actor"], entry["action"], entry["subject"]]
        for entry in data["entries"]
    ]
    newest = f"newest entry {data['entries'][0]['sequence']}" if rows else "no entry yet"
    return Block(newest, ("time", "age", "actor", "action", "subject"), rows)


AUDIT = Panel("audit", "AUDIT", _connect, _block, rows=2, every_s=10)
