"""Counting refused records, by topic, rule and firmware family."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from gridctl.runtime.telemetry import names
from gridctl.runtime.telemetry.families import Families
from gridctl.runtime.telemetry.port import Telemetry


class Refused(NamedTuple):
    """A record that was refused: the topic that it was for, the rule that it broke, and what is known of its device."""

    topic: str
    rule: str
    kind: str | None
    firmware: str | None


class Violations:
    """Counts for one process, whose families it knows."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._families = Families()

    def count(self, refused: Iterable[Refused]) -> None:
        """Count the refused records of a batch."""
        label = self._families.label
        found = Counter((each.topic, each.rule, label(each.kind, each.firmware)) for each in refused)
        for (topic, rule, family), count in found.items():
            attributes = {names.DESTINATION: topic, names.RULE: rule, names.FIRMWARE_FAMILY: family}
            self._telemetry.count(names.SCHEMA_VIOLATIONS, count, attributes)
