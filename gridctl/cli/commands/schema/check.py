"""`gridctl schema check`: the compatibility gate over a whole tree."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.avro import Level
from gridctl.cli.gating import Format, run_gate
from gridctl.cli.options import stated_base

if TYPE_CHECKING:
    from gridctl.contracts.verdict import Verdict

Paths = Annotated[
    list[Path] | None, typer.Argument(help="Subjects' directories or files in them; else the whole tree.")
]
Schemas = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The tree, <subject>/vN.avsc; else the profile's, else schemas/.")
]
LevelOption = Annotated[
    Level, typer.Option(case_sensitive=False, help="Which earlier versions count, and in which direction.")
]
BaseOption = Annotated[
    str | None,
    typer.Option(metavar="REV", callback=stated_base, help="Also see what was edited or deleted since git's REV."),
]
RegistryOption = Annotated[
    str | None, typer.Option(metavar="URL", help="Also compare with every version that is registered there.")
]


def check(
    context: typer.Context,
    paths: Paths = None,
    schemas: Schemas = None,
    level: LevelOption = Level.BACKWARD_TRANSITIVE,
    base: BaseOption = None,
    registry: RegistryOption = None,
    chosen: Format = None,
) -> None:
    """Compare every version of every subject with every earlier one that the level names.

    Needs nothing but <subject>/vN.avsc files. Exits 3 where a pair is incompatible, a version is missing between
    others, a file is no Avro schema or no version of a subject; with --base also where a published version was
    edited or deleted since this branch left REV; with --registry also where the registry holds other versions than
    the tree, or its verdict on a pair is not ours.

    Exits 5 where something could not be checked: no tree, a tree without schemas, a history that does not reach
    REV, a registry that does not answer.

    Example:
        $ mkdir -p tree/demo && echo '"int"' > tree/demo/v1.avsc && gridctl schema check --schemas tree
    """

    def call() -> "Verdict":
        from gridctl.cli.wiring.schema import base_of, refuse_absent, registered_at, select, tree_at
        from gridctl.governance.check import Question, judge

        selection = select(schemas, paths or [], context)
        if base is None:
            refuse_absent(paths or [])
        with ExitStack() as open_:
            registered = open_.enter_context(registered_at(registry, context)) if registry is not None else None
            return judge(
                Question(
                    tree_at(selection.root),
                    level,
                    selection.subjects,
                    base_of(selection.root, base) if base is not None else None,
                    registered,
                )
            )

    from gridctl.governance.check import GATE

    run_gate(GATE, chosen, call)
