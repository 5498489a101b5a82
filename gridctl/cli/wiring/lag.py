"""What measures the lag of a profile's broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gridctl.cli.config import Settings
    from gridctl.lag.source import LagSource


def lag_source(settings: Settings) -> LagSource:
    """Return what reads the offsets of consumer groups."""
    from gridctl.adapters.kafka.lag import KafkaLag

    return KafkaLag(settings.endpoint("bootstrap"), settings.kafka)
