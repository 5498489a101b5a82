"""`gridctl audit`: check the ledger, and export it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.gating import Format, run_gate
from gridctl.cli.options import Since, epoch_ms_of, group, settings_of
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.audit.chain import Head
    from gridctl.contracts.verdict import Verdict

app = group("audit")

File = Annotated[Path | None, typer.Option("--file", help="An exported ledger instead of the topic; needs no broker.")]
HeadOption = Annotated[
    str | None, typer.Option("--head", metavar="SEQ:HASH", help="What a writing command printed as the ledger's head.")
]
Registry = Annotated[
    str | None, typer.Option("--registry", metavar="URL", help="Another registry; glue://REGION/NAME for AWS Glue.")
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Before this time.")]


@app.command("verify")
def verify(
    context: typer.Context,
    file: File = None,
    head: HeadOption = None,
    registry: Registry = None,
    chosen: Format = None,
) -> None:
    """Check the hash chain of the ledger, and compare the schema registry with it.

    Exits 3 where an entry was changed, removed or inserted, where the end of the ledger is missing (with --head), where
    the registry holds a version or a level that no entry explains, or lacks one that was registered; 5 where ledger or
    registry could not be read.

        $ gridctl up && gridctl audit verify
    """
    from gridctl.audit.chain import Head
    from gridctl.audit.verify import GATE
    from gridctl.cli.wiring.governance import verify_ledger

    expected = None if head is None else Head.parse(head)
    if file is None:
        run_gate(GATE, chosen, lambda: verify_ledger(settings_of(context), expected, registry))
    if registry is not None:
        raise UsageProblem("--file is checked without a registry", next_step="leave --registry out")
    run_gate(GATE, chosen, lambda: _verify_file(file, expected))


@app.command("export")
def export(context: typer.Context, since: Since = None, until: Until = None) -> None:
    """Write the ledger to stdout as JSON lines, all of it or a time range.

    From the first to the last entry of the range without gaps, so that `gridctl audit verify --file` can check it.

        $ gridctl up && gridctl audit export --since 2026-01-01 > ledger.jsonl
    """
    from gridctl.audit.export import in_range, line_of
    from gridctl.cli.wiring.governance import ledger_of
    from gridctl.runtime.clock import wall_clock_ms

    now_ms = wall_clock_ms()
    since_ms, until_ms = (None if text is None else epoch_ms_of(text, now_ms) for text in (since, until))
    with ledger_of(settings_of(context)) as ledger:
        for entry in in_range(ledger.records(), since_ms, until_ms):
            sys.stdout.buffer.write(line_of(entry))
    sys.stdout.buffer.flush()


def _verify_file(path: Path, expected: "Head | None") -> "Verdict":
    from gridctl.audit.export import records_of
    from gridctl.audit.verify import GATE, walk
    from gridctl.cli.files import reading
    from gridctl.contracts.verdict import Finding, Verdict

    with reading(str(path)) as lines:
        seen = walk(records_of(lines, str(path)), expected, str(path))
    findings = seen.findings
    if not seen.count:
        findings.append(Finding(rule="audit-beginning", message="has no entries", file=str(path)))
    if seen.first is not None and seen.first.sequence > 1:
        words = f"begins at entry {seen.first.sequence}: what was before it is not checked"
        findings.append(Finding(rule="audit-beginning", severity="warning", message=words, file=str(path), line=1))
    return Verdict(GATE, {"entries": seen.count, "head": str(seen.head), "file": str(path)}, tuple(findings))
