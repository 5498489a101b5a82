"""`gridctl schema compat`: whether one schema can read the data of another."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from gridctl.avro import Level
from gridctl.cli.boundary import ExitCode
from gridctl.cli.gating import Format, run_gate
from gridctl.errors import UsageProblem

Reader = Annotated[Path | None, typer.Argument(help="The .avsc file that reads.", show_default=False)]
Writer = Annotated[Path | None, typer.Argument(help="The .avsc file whose data is read.", show_default=False)]
Pairs = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE|-", help='Answer JSON lines {"id", "reader", "writer"} instead, schemas as embedded JSON.'
    ),
]
LevelOption = Annotated[
    Level,
    typer.Option(
        case_sensitive=False,
        help="BACKWARD: the reader reads the writer's data. FORWARD: the reverse. FULL: both. NONE: both are valid.",
    ),
]


def compat(
    reader: Reader = None,
    writer: Writer = None,
    level: LevelOption = Level.BACKWARD,
    pairs: Pairs = None,
    chosen: Format = None,
) -> None:
    """Say whether READER can read what WRITER wrote, and if not, why and where.

    Two files: exits 3 where the level is broken or a file is not an Avro schema.

    --pairs writes one line {"id", "compatible", "findings": []} for each line it reads, in order, and exits 0
    whatever the answers are. A line that is not a pair of schemas is answered with "compatible": null and its
    "error"; the run goes on and ends with exit code 2.

        $ echo '{"id": 1, "reader": "long", "writer": "int"}' | gridctl schema compat --pairs -
    """
    if pairs is not None:
        if reader or writer or chosen:
            raise UsageProblem("--pairs takes no files and no --format", next_step="leave one of them out")
        _answer_pairs(str(pairs), level)
        return
    if reader is None or writer is None:
        raise UsageProblem("two files are needed", next_step="gridctl schema compat READER WRITER, or --pairs FILE")
    from gridctl.cli.wiring.schema import file_with_tree
    from gridctl.governance.compat import GATE, compare_files

    (reads, near), (writes, far) = file_with_tree(reader), file_with_tree(writer)
    run_gate(GATE, chosen, lambda: compare_files(reads, writes, level, near, far))


def _answer_pairs(source: str, level: Level) -> None:
    from gridctl.cli.files import reading
    from gridctl.governance.compat import answer_lines, write_answer

    refused = 0
    with reading(source) as lines:
        for answer in answer_lines(lines, level):
            sys.stdout.write(write_answer(answer))
            refused += not answer.is_answered
    sys.stdout.flush()
    if refused:
        sys.stderr.write(f"error: {refused} of the lines are not pairs of schemas; their answers say why\n")
        raise typer.Exit(ExitCode.USAGE)
