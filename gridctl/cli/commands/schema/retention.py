"""`gridctl schema retention`: which schemas the records that are still there were written with."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridctl.cli.gating import Format, run_gate

if TYPE_CHECKING:
    from gridctl.cli.config import Settings
    from gridctl.contracts.verdict import Verdict
    from gridctl.governance.retention import Need

GATE = "retention"

Topic = Annotated[str, typer.Argument(metavar="TOPIC", help="A topic of topics.toml.", show_default=False)]
Schemas = Annotated[
    Path | None, typer.Option("--schemas", metavar="DIR", help="Another tree than the profile's, with topics.toml.")
]


def retention(context: typer.Context, topic: Topic, schemas: Schemas = None, chosen: Format = None) -> None:
    """Say which schema ids still occur in a topic and in its dead letters, and whether our newest schema reads them.

    Reads the whole retained log. Of dead letters both the letter and the record in it count. Exits 3 where the newest
    local schema cannot read one of the ids that occur, or where the registry does not know an id: then it is not
    known whether the reader is safe.

    Example:
        $ gridctl up && gridctl schema retention iot.thermostat
    """
    from dataclasses import replace

    from gridctl.cli.wiring.base import settings_of

    settings = settings_of(context)
    if schemas is not None:
        settings = replace(settings, schemas_dir=schemas)
    run_gate(GATE, chosen, lambda: _verdict(settings, topic))


def _verdict(settings: "Settings", topic: str) -> "Verdict":
    from gridctl.cli.wiring.governance import retained
    from gridctl.contracts.verdict import Verdict
    from gridctl.governance.retention import retention_findings

    found = retained(settings, topic)
    findings = retention_findings(found.census, found.needs, found.reader)
    rows = [_row(need) for need in found.needs]
    checked = {"topic": topic, "reader": found.reader, "records": found.census.records, "ids": rows}
    return Verdict(GATE, checked, tuple(findings), overview="".join(f"{_line(row)}\n" for row in rows))


def _row(need: "Need") -> dict[str, Any]:
    return {
        "place": need.place,
        "schema_id": need.schema_id,
        "subject": need.subject,
        "version": need.version,
        "records": need.use.count,
        "first_ms": need.use.first_ms,
        "last_ms": need.use.last_ms,
        "readable": need.is_known and need.problem is None,
    }


def _line(row: dict[str, Any]) -> str:
    first, last = (datetime.fromtimestamp(row[key] / 1000, UTC) for key in ("first_ms", "last_ms"))
    name = f"{row['subject']} v{row['version']}" if row["subject"] else "not in the topic's subject"
    verdict = "readable" if row["readable"] else "NOT READABLE"
    span = f"{first:%Y-%m-%dT%H:%M:%SZ} to {last:%Y-%m-%dT%H:%M:%SZ}"
    return f"{row['place']}: id {row['schema_id']} ({name}): {row['records']} records, {span}: {verdict}"
