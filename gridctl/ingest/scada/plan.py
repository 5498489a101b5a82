"""What one poll of a device asks, and what it makes of the answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gridctl.ingest.scada.blocks import Block, blocks_of
from gridctl.ingest.scada.decode import MISSING, Decode, decoder_of
from gridctl.ingest.scada.model import DeviceSpec, FieldSpec

Answers = Mapping[Block, Sequence[int]]


@dataclass(frozen=True)
class _PointPlan:
    name: str
    unit: str
    block: Block
    offset: int
    decode: Decode


@dataclass(frozen=True)
class PollPlan:
    """A device, its interval, and how its requests become points; `timeout_ms` bounds a poll as a whole."""

    device: DeviceSpec
    interval_ms: int
    timeout_ms: int
    blocks: Sequence[Block]
    points: Sequence[_PointPlan]

    def reading(self, answers: Answers, event_time_ms: int, poll_seq: int) -> bytes:
        """Return the reading of one poll as JSON; points of a block without an answer are MISSING."""
        points: list[dict[str, Any]] = []
        for point in self.points:
            words = answers.get(point.block)
            value, quality = MISSING if words is None else point.decode(words[point.offset :])
            points.append({"name": point.name, "value": value, "unit": point.unit, "quality": quality})
        reading = {
            "kind": "scada",
            "device_id": self.device.device_id,
            "event_time_ms": event_time_ms,
            "poll_seq": poll_seq,
            "interval_ms": self.interval_ms,
            "points": points,
        }
        return json.dumps(reading, ensure_ascii=False, separators=(",", ":")).encode()


def plan_of(device: DeviceSpec, interval_ms: int, timeout_ms: int) -> PollPlan:
    """Return how a device is polled."""
    blocks = blocks_of(device)
    points = [_point_plan(device, field, blocks) for field in device.points]
    return PollPlan(device, interval_ms, timeout_ms, blocks, points)


def _point_plan(device: DeviceSpec, field: FieldSpec, blocks: Sequence[Block]) -> _PointPlan:
    block, offset = next(
        (block, offset) for block in blocks if (offset := block.offset_of(field)) is not None
    )  # blocks_of covers every field that is not omitted
    return _PointPlan(field.name or "", field.unit, block, offset, decoder_of(field, device.byte_order))
