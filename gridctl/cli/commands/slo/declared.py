"""The file of objectives that a call names."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gridctl.slo.model import Slos

File = Annotated[Path, typer.Option("--file", help="The file that declares the objectives.")]
DEFAULT_FILE = Path("ci/slo.toml")


def slos_of(file: Path) -> "Slos":
    """Return what the file declares; UsageProblem says what is wrong with it."""
    from gridctl.cli.files import text_of
    from gridctl.slo.model import Slos

    return Slos.from_toml(text_of(file, "name the objectives with --file"), str(file))
