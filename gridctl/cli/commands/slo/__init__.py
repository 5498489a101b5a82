"""`gridctl slo`: objectives, how they stand, and the rules that watch them."""

from gridctl.cli.commands.slo.rules import rules
from gridctl.cli.commands.slo.show import show
from gridctl.cli.options import group

app = group("slo")
app.command("show")(show)
app.command("rules")(rules)
