"""`gridctl schema check`, `lint` and `drift`: the gates over a whole tree of schemas."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.avro import Level
from gridctl.cli.gating import Format, run_gate
from gridctl.cli.options import settings_of, stated_base
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.contracts.verdict import Verdict

Paths = Annotated[
    list[Path] | None, typer.Argument(help="Subjects' directories or files in them; else the whole tree.")
]
Schemas = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The tree, SUBJECT/vN.avsc; else the profile's, else schemas/.")
]
DriftSchemas = Annotated[
    Path | None, typer.Option("--schemas", metavar="DIR", help="The tree; else the profile's or gridctl's own.")
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

    Needs nothing but SUBJECT/vN.avsc files. Exits 3 where a pair is incompatible, a version is missing between
    others, a file is not an Avro schema or not a version of a subject; with --base also where a published version was
    edited or deleted since this branch left REV; with --registry also where the registry holds other versions than
    the tree, or its verdict on a pair is not ours.

    Exits 5 where something could not be checked: no tree, a tree without schemas, a history that does not reach
    REV, a registry that does not answer.

        $ mkdir -p tree/demo && echo '"int"' > tree/demo/v1.avsc && gridctl schema check --schemas tree
    """

    def call() -> "Verdict":
        from gridctl.cli.wiring.schema import base_of, registered_at, select, tree_at
        from gridctl.governance.check import Question, judge

        selection = select(schemas, paths or [], context)
        for path in paths or []:
            if base is None and path.parent.is_dir() and not path.exists():
                raise UsageProblem(f"{path}: no such file", next_step="name one that exists, or a --base that has it")
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


def lint(context: typer.Context, schemas: Schemas = None, chosen: Format = None) -> None:
    """Judge names, docs, units, defaults and logical types of the newest versions, and changes of meaning.

    A changed logical type, scale, precision or unit is an error between any versions: readers do not notice it.
    Where the tree has a topics.toml, its types are in the namespace gridstream, and the subjects of topics with
    requires_priority carry the critical-asset tag.

    Exits 3 where a rule is broken, 5 where there is no schema.

        $ mkdir -p tree/demo && echo '"int"' > tree/demo/v1.avsc && gridctl schema lint --schemas tree
    """

    def call() -> "Verdict":
        from gridctl.cli.wiring.schema import catalogue_in, select, tree_at
        from gridctl.governance.lint import lint as judge

        root = select(schemas, (), context).root
        return judge(tree_at(root), catalogue_in(root))

    from gridctl.governance.lint import GATE

    run_gate(GATE, chosen, call)


def drift(context: typer.Context, schemas: DriftSchemas = None, chosen: Format = None) -> None:
    """Compare the models that gridctl validates with and the newest Avro schemas, in both directions.

    Compared are fields, types, null, defaults, enum symbols, logical types and the units in names. A constant field,
    such as the `kind` of a reading, is not on the wire and needs no place in the schema.

    Where the tree has a topics.toml, each kind of device has a topic there and each topic of devices' events a kind.

    Exits 3 where they differ, 5 where there is no schema.

        $ gridctl schema drift
    """

    def call() -> "Verdict":
        from gridctl.cli.wiring.schema import catalogue_in, shown, tree_at
        from gridctl.governance.drift import drift as judge

        root = schemas or shown(settings_of(context).schemas_dir)
        return judge(tree_at(root), catalogue=catalogue_in(root))

    from gridctl.governance.drift import GATE

    run_gate(GATE, chosen, call)
