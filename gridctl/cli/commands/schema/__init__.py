"""`gridctl schema`: the group. Each command is one line here; the files beside this one hold them."""

import typer

from gridctl.cli.commands.schema.check import check, drift, lint
from gridctl.cli.commands.schema.compat import compat
from gridctl.cli.commands.schema.diff import diff
from gridctl.cli.commands.schema.new import new
from gridctl.cli.commands.schema.register import register as register_tree
from gridctl.cli.commands.schema.retention import retention
from gridctl.cli.commands.schema.show import history, list_, show


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
    app.command("new")(new)
    app.command("register")(register_tree)
    app.command("retention")(retention)
    root.add_typer(app, name="schema")
