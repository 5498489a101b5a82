"""The account: what the devices sent against what the platform holds. Each column is counted by another party.

`sent` comes from the simulated devices' own accounts, `in_kafka` and `dead_lettered` from offsets, and the effects
(`applied`, `stale`, `duplicates`) from the counters that the state script keeps in Redis.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Account:
    """Counts of one run. `unanswered` are polls that a device left without an answer; each became a MISSING event."""

    sent: Mapping[str, int]
    unanswered: int
    in_kafka: Mapping[str, int]
    applied: int
    stale: int
    duplicates: int
    dead_letters: Mapping[str, int] = field(default_factory=dict)

    @property
    def produced(self) -> int:
        """Everything that must be accounted for: what devices sent, and the polls that nobody answered."""
        return sum(self.sent.values()) + self.unanswered

    @property
    def dead_lettered(self) -> int:
        """Everything in the dead letter queues, whichever side put it there."""
        return sum(self.dead_letters.values())

    @property
    def accounted(self) -> int:
        """Everything that has an effect, a reason for none, or a dead letter."""
        return self.applied + self.stale + self.duplicates + self.dead_lettered

    @property
    def lost(self) -> int:
        """What was produced and is not accounted for; negative when more was counted than was produced."""
        return self.produced - self.accounted

    @property
    def balanced(self) -> bool:
        """Whether every reading is accounted for, once."""
        return self.lost == 0

    def sentence(self) -> str:
        """Return the reconciliation as one line."""
        return (
            f"produced {self.produced} = applied {self.applied} + stale {self.stale} + duplicates {self.duplicates} "
            f"+ dead-lettered {self.dead_lettered}, lost = {self.lost}"
        )
