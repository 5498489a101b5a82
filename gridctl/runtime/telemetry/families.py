"""Firmware families: what a device says of its firmware, as one of a bounded number of labels.

The text comes from outside, and a broken or hostile device may send a new one with every record. So a family gets a
label of its own only after it has been seen often, and each kind of device has its own share of the labels: neither
noise nor one kind can take the labels from the others. What comes before that, and what comes too late, is `other`.
"""

from collections import Counter, defaultdict

from gridctl.contracts.ids import firmware_family
from gridctl.runtime.telemetry.names import OTHER

LABELS_PER_KIND = 20
CANDIDATES_PER_KIND = 64
OFTEN = 5
UNKNOWN = "unknown"


class Families:
    """The labels of one process. What has a label keeps it: a counter that moved to another one would go backwards."""

    def __init__(self) -> None:
        self._labels: defaultdict[str, set[str]] = defaultdict(set)
        self._candidates: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def label(self, kind: str | None, firmware: str | None) -> str:
        """Return the label of a refused record, such as `thermostat 2.5`, `thermostat other` or `unknown`."""
        if kind is None:
            return UNKNOWN
        family = firmware_family(firmware)
        if family is None:
            return f"{kind} {UNKNOWN}"
        if family not in self._labels[kind] and not self._is_often(kind, family):
            return f"{kind} {OTHER}"
        return f"{kind} {family}"

    def _is_often(self, kind: str, family: str) -> bool:
        """Count a family without a label, and give it one when it has come often.

        Misra and Gries, Finding repeated elements, 1982: where all places are taken, a new one and one of each of the
        others cancel out. So families that come once each never add up, and one that comes often is never crowded out.
        """
        labels, candidates = self._labels[kind], self._candidates[kind]
        if len(labels) == LABELS_PER_KIND:
            return False
        if family in candidates or len(candidates) < CANDIDATES_PER_KIND:
            candidates[family] += 1
        else:
            candidates.subtract(list(candidates))
            for gone in [each for each, count in candidates.items() if count == 0]:
                del candidates[gone]
        if candidates[family] < OFTEN:
            return False
        del candidates[family]
        labels.add(family)
        return True
