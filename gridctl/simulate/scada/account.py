"""What the outstations did with the polls that reached them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from gridctl.simulate.scada.layout import Outstation

Outcome = Literal["data", "exception", "corrupt", "slow", "silent", "wrong-transaction"]
# With another transaction id no answer to the request has gone out.
UNANSWERED: tuple[Outcome, ...] = ("silent", "wrong-transaction")


class Account:
    """Counts read requests by device and outcome; with the written map a poll is one read request."""

    def __init__(self, fleet: Sequence[Outstation]) -> None:
        self.fleet = fleet
        self.outcomes: dict[str, Counter[Outcome]] = {device.device_id: Counter() for device in fleet}
        self.final = False

    def count(self, device: Outstation, outcome: Outcome) -> None:
        """Count one poll."""
        self.outcomes[device.device_id][outcome] += 1

    def summary(self) -> dict[str, Any]:
        """Return the counts, in all and by device."""
        devices = {device_id: _entry(outcomes) for device_id, outcomes in self.outcomes.items()}
        names = ("polls", "polls_answered", "polls_unanswered")
        totals = {name: sum(entry[name] for entry in devices.values()) for name in names}
        return {"simulator": "scada", "final": self.final, **totals, "devices": devices}


def _entry(outcomes: Counter[Outcome]) -> dict[str, Any]:
    unanswered = sum(outcomes[outcome] for outcome in UNANSWERED)
    return {
        "polls": outcomes.total(),
        "polls_answered": outcomes.total() - unanswered,
        "polls_unanswered": unanswered,
        "outcomes": dict(sorted(outcomes.items())),
    }
