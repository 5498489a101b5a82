"""Outstations. They measure power and draw none; a poll is as good as its best point."""

from collections.abc import Mapping
from typing import Any, get_args

from gridctl.contracts.events import Kind, Quality
from gridctl.contracts.kinds.scada.model import ScadaEvent, ScadaReading

_BEST_FIRST: tuple[Quality, ...] = get_args(Quality)


class Scada(Kind):
    """The kind; see the module."""

    def contribution(self, event: Mapping[str, Any]) -> tuple[int, bool]:
        """Return no power, and whether there is a good point."""
        return 0, self.quality(event) == "GOOD"

    def quality(self, event: Mapping[str, Any]) -> Quality:
        """Return the best quality among the points; MISSING where there is none."""
        for quality in _BEST_FIRST:
            if any(point["quality"] == quality for point in event["points"]):
                return quality
        return "MISSING"

    def summary(self, event: Mapping[str, Any]) -> str:
        """Return the points, each with its unit."""
        return ", ".join(f"{point['name']}={point['value']} {point['unit']}".strip() for point in event["points"])


KIND = Scada(code=0, topic="scada.measurement", reading=ScadaReading, event=ScadaEvent)
