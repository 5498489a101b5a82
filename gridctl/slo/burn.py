"""How fast an error budget is used up, and when somebody is to be told: several windows, several rates.

Source: The Site Reliability Workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts" (table 5-8).
"""

from typing import Literal, NamedTuple


class Burn(NamedTuple):
    """Tell when that share of the whole budget went within `long_s`, and it still goes on within `short_s`."""

    severity: Literal["page", "ticket"]
    budget_share: float
    long_s: int
    short_s: int


BURNS = (
    Burn("page", 0.02, 3600, 300),
    Burn("page", 0.05, 6 * 3600, 1800),
    Burn("ticket", 0.10, 24 * 3600, 2 * 3600),
    Burn("ticket", 0.10, 72 * 3600, 6 * 3600),
)

WINDOWS_S = tuple(sorted({window for burn in BURNS for window in (burn.short_s, burn.long_s)}))


def budget_factor(burn: Burn, window_s: int) -> float:
    """Return the burn rate of it; at a rate of 1 the budget lasts exactly as long as the objective's window."""
    return burn.budget_share * window_s / burn.long_s


def duration(seconds: int) -> str:
    """Return the duration as Prometheus writes it: 5m, 6h, 3d."""
    for unit, name in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds % unit == 0:
            return f"{seconds // unit}{name}"
    return f"{seconds}s"
