"""`gridctl schema`: the group. Each command is one line here and lives in its own `schema_*.py`."""

import typer

from gridctl.cli.commands.schema_check import check
from gridctl.cli.commands.schema_compat import compat
from gridctl.cli.commands.schema_diff import diff
from gridctl.cli.commands.schema_drift import drift
from gridctl.cli.commands.schema_lint import lint
from gridctl.cli.commands.schema_register import register as register_tree
from gridctl.cli.commands.schema_retention import retention
from gridctl.cli.commands.schema_show import history, list_, show


def register(root: typer.Typer) -> None:
    """Add `schema` to the root."""
    app = typer.Typer(no_args_is_help=True, help="Judge, compare, list and register Avro schemas.")
    app.command("check")(check)
    app.command("compat")(compat)
    app.command("lint")(lint)
    app.command("drift")(drift)
    app.command("diff")(diff)
    app.command("list")(list_)
    app.command("history")(history)
    app.command("show")(show)
    app.command("register")(register_tree)
    app.command("retention")(retention)
    root.add_typer(app, name="schema")
