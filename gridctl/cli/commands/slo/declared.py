"""The file of objectives that a call names."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gridctl.slo.model import Slos

DECLARED = Path("ci/slo.toml")

File = Annotated[
    Path | None,
    typer.Option("--file", help="The file that declares the objectives; ci/slo.toml, else the one gridctl comes with."),
]


def chosen_file(file: Path | None) -> Path:
    """Return the file that the call names, else the repository's, else the one of the package: a pod has no clone."""
    if file is not None:
        return file
    package = Path(__file__).resolve().parents[3]
    shipped = package / "_slo.toml"  # in a wheel; an editable install reads the repository's own
    return next((each for each in (DECLARED, shipped) if each.is_file()), package.parent / DECLARED)


def slos_of(file: Path) -> "Slos":
    """Return what the file declares; UsageProblem says what is wrong with it."""
    from gridctl.cli.files import text_of
    from gridctl.slo.model import Slos

    return Slos.from_toml(text_of(file, "name the objectives with --file"), str(file))
