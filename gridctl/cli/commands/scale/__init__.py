"""`gridctl scale`: what an autoscaler does with the lag."""

from gridctl.cli.commands.scale.rules import rules
from gridctl.cli.commands.scale.simulate import simulate_
from gridctl.cli.options import group

app = group("scale")
app.command("simulate")(simulate_)
app.command("rules")(rules)
