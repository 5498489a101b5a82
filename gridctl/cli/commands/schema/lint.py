"""`gridctl schema lint`: whether schemas can be understood, and keep their meaning."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.gating import Format, run_gate

if TYPE_CHECKING:
    from gridctl.contracts.verdict import Verdict

Schemas = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The tree, SUBJECT/vN.avsc; else the profile's, else schemas/.")
]


def lint(context: typer.Context, schemas: Schemas = None, chosen: Format = None) -> None:
    """Judge names, docs, units, defaults and logical types of the newest versions, and changes of meaning.

    A changed logical type, scale, precision or unit is an error between any versions: readers do not notice it.
    Where the tree has a topics.toml, its types are in the namespace gridstream, and the subjects of topics with
    requires_priority carry the critical-asset tag.

    Exits 3 where a rule is broken, 5 where there is no schema.

    Example:
        $ mkdir -p tree/demo && echo '"int"' > tree/demo/v1.avsc && gridctl schema lint --schemas tree
    """
    from gridctl.governance.lint import GATE

    run_gate(GATE, chosen, lambda: _judged(context, schemas))


def _judged(context: typer.Context, schemas: Path | None) -> "Verdict":
    from gridctl.cli.wiring.schema import catalogue_in, select, tree_at
    from gridctl.governance.lint import lint as judge

    root = select(schemas, (), context).root
    return judge(tree_at(root), catalogue_in(root))
