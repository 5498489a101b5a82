"""The panels of `gridctl top`, in the order in which they are shown. A new one is a module, and a line here."""

from gridctl.cli.top.audit import AUDIT
from gridctl.cli.top.health import HEALTH
from gridctl.cli.top.lag import LAG
from gridctl.cli.top.letters import LETTERS
from gridctl.cli.top.model import Panel
from gridctl.cli.top.slos import Sources, slo_panel


def panels(sources: Sources) -> tuple[Panel, ...]:
    """Return all panels; `sources` are those of the objectives."""
    return HEALTH, slo_panel(sources), LAG, LETTERS, AUDIT
