"""`gridctl lag`: the group. Each command is one line here; the files beside this one hold them."""

from gridctl.cli.commands.lag.show import show
from gridctl.cli.options import group

app = group("lag")
app.command("show")(show)
