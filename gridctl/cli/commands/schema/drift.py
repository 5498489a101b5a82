"""`gridctl schema drift`: whether models and Avro files say the same."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.gating import Format, run_gate

if TYPE_CHECKING:
    from gridctl.contracts.verdict import Verdict

Schemas = Annotated[Path | None, typer.Option(metavar="DIR", help="The tree; else the profile's or gridctl's own.")]


def drift(context: typer.Context, schemas: Schemas = None, chosen: Format = None) -> None:
    """Compare the models that gridctl validates with and the newest Avro schemas, in both directions.

    Compared are fields, types, null, defaults, enum symbols, logical types and the units in names. A constant field,
    such as the `kind` of a reading, is not on the wire and needs no place in the schema.

    Where the tree has a topics.toml, each kind of device has a topic there and each topic of devices' events a kind.

    Exits 3 where they differ, 5 where there is no schema.

    Example:
        $ gridctl schema drift
    """
    from gridctl.governance.drift import GATE

    run_gate(GATE, chosen, lambda: _judged(context, schemas))


def _judged(context: typer.Context, schemas: Path | None) -> "Verdict":
    from gridctl.cli.wiring.base import settings_of
    from gridctl.cli.wiring.schema import catalogue_in, shown, tree_at
    from gridctl.governance.drift import drift as judge

    root = schemas or shown(settings_of(context).schemas_dir)
    return judge(tree_at(root), catalogue=catalogue_in(root))
