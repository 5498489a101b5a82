"""`gridctl schema`: the group. Each command is one line here; the files beside this one hold them."""

from gridctl.cli.commands.schema.check import check, drift, lint
from gridctl.cli.commands.schema.compat import compat
from gridctl.cli.commands.schema.diff import diff
from gridctl.cli.commands.schema.new import new
from gridctl.cli.commands.schema.register import register
from gridctl.cli.commands.schema.retention import retention
from gridctl.cli.commands.schema.show import history, list_, show
from gridctl.cli.options import group

app = group("schema")
app.command("check")(check)
app.command("compat")(compat)
app.command("lint")(lint)
app.command("drift")(drift)
app.command("diff")(diff)
app.command("list")(list_)
app.command("history")(history)
app.command("show")(show)
app.command("new")(new)
app.command("register")(register)
app.command("retention")(retention)
