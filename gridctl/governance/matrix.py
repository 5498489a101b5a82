"""The versions of a subject beside each other, for people."""

from collections.abc import Sequence

from gridctl.avro import Level
from gridctl.governance.check import Matrix

MOST_SUBJECTS = 20
_WORDS = {True: "ok", False: "NO", None: "-"}


def draw(matrices: Sequence[Matrix], level: Level) -> str:
    """Return a matrix for each subject with more than one version, those that break first; not for all of very many.

    A row is a later version, a column an earlier one: `ok`, `NO`, or `-` where the level compares nothing or a file
    is no schema.
    """
    shown = sorted((each for each in matrices if len(each.versions) > 1), key=lambda each: all(each.cells.values()))
    blocks = [_block(matrix, level) for matrix in shown[:MOST_SUBJECTS]]
    if len(shown) > MOST_SUBJECTS:
        rest = shown[MOST_SUBJECTS:]
        broken = sum(not all(matrix.cells.values()) for matrix in rest)
        blocks.append(f"… and {len(rest)} more subjects, {broken} of them broken\n")
    return "\n".join([*blocks, ""]) if blocks else ""


def _block(matrix: Matrix, level: Level) -> str:
    columns = matrix.versions[:-1]
    width = max(len(f"v{version}") for version in matrix.versions)
    lines = [
        f"{matrix.subject} ({level})",
        " ".join([" " * (width + 1), *(f"v{each}".ljust(width) for each in columns)]),
    ]
    for row in matrix.versions[1:]:
        cells = (_WORDS[matrix.cells.get((row, column))].ljust(width) for column in columns if column < row)
        lines.append(" ".join([f" {f'v{row}'.rjust(width)}", *cells]).rstrip())
    return "\n".join([*(line.rstrip() for line in lines), ""])
