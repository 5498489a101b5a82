"""`gridctl lag`: the group. Each command is one line here; the files beside this one hold them."""

from gridctl.cli.commands.lag.plot import plot
from gridctl.cli.commands.lag.record import record
from gridctl.cli.commands.lag.serve import serve
from gridctl.cli.commands.lag.show import show
from gridctl.cli.commands.lag.watch import watch
from gridctl.cli.options import group

app = group("lag")
app.command("show")(show)
app.command("watch")(watch)
app.command("record")(record)
app.command("plot")(plot)
app.command("serve")(serve)
