"""The CIS records of the simulated fleets, with the same ids that the simulators use."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gridctl.contracts.assets import AssetRecord
from gridctl.contracts.priority import PriorityLevel
from gridctl.simulate.draws import number
from gridctl.simulate.fleets import FLEETS
from gridctl.simulate.scada.outstations import device_id_of, feeder_of, kind_of

VALID_FROM_MS = 1_577_836_800_000  # 2020-01-01: before the simulators' default start
EXPIRED_MS = 1_751_328_000_000  # 2025-07-01: before it as well
UPDATED_MS = 1_764_547_200_000  # 2025-12-01
SLOTS = 200
SLOT_STEP = 37  # has no factor in common with SLOTS: 200 devices in a row take every slot once


@dataclass(frozen=True)
class Tag:
    """What CIS says of a device in a slot; `level` None: CIS has no record of it."""

    level: PriorityLevel | None
    expired: bool = False


# Of 200 devices: who is what. The rest is DISCRETIONARY.
TAGS: dict[int, Tag] = {
    0: Tag(PriorityLevel.LIFE_SUSTAINING),
    1: Tag(PriorityLevel.LIFE_SUSTAINING),
    2: Tag(PriorityLevel.LIFE_SUSTAINING, expired=True),
    3: Tag(PriorityLevel.PUBLIC_SAFETY),
    4: Tag(PriorityLevel.PUBLIC_SAFETY),
    5: Tag(PriorityLevel.DISCRETIONARY, expired=True),
    6: Tag(None),
    7: Tag(None),
    8: Tag(PriorityLevel.UNKNOWN),
    **{slot: Tag(PriorityLevel.CRITICAL_INDUSTRIAL) for slot in range(9, 13)},
    **{slot: Tag(PriorityLevel.ESSENTIAL) for slot in range(13, 45)},
}
DISCRETIONARY = Tag(PriorityLevel.DISCRETIONARY)


@dataclass(frozen=True)
class AssetPlan:
    """How large each fleet is, how many outstations there are, and on how many circuits they all sit."""

    seed: int
    fleets: Mapping[str, int]
    scada: int
    circuits: int


def asset_records(plan: AssetPlan) -> Iterator[AssetRecord]:
    """Yield the records, outstations first; a few devices have none, and a few have one that has expired."""
    feeders = feeder_ids(plan)
    for at in range(1, plan.scada + 1):
        feeder = device_id_of(feeder_of(at))
        # A hospital's feeder and what belongs to it is public safety; so is every fourth one here.
        critical = feeders.index(feeder) % 4 == 0 or kind_of(at) == "transformer"
        level = PriorityLevel.PUBLIC_SAFETY if critical else PriorityLevel.ESSENTIAL
        circuit = feeders.index(feeder) % plan.circuits
        yield _record(device_id_of(at), circuit, feeder, Tag(level))
    for name, devices in plan.fleets.items():
        prefix = FLEETS[name].prefix
        start = number(SLOTS, plan.seed, "slot", prefix)
        for index in range(devices):
            tag = TAGS.get((start + index * SLOT_STEP) % SLOTS, DISCRETIONARY)
            circuit = number(plan.circuits, plan.seed, "circuit", prefix, index)
            if tag.level is not None:
                yield _record(f"{prefix}-{index + 1:07d}", circuit, feeders[circuit % len(feeders)], tag)


def feeder_ids(plan: AssetPlan) -> list[str]:
    """Return the feeders of the outstations; without outstations there is still one."""
    return [device_id_of(at) for at in range(1, max(1, plan.scada) + 1) if kind_of(at) == "feeder"]


def _record(device_id: str, circuit: int, feeder_id: str, tag: Tag) -> AssetRecord:
    return AssetRecord(
        device_id=device_id,
        circuit_id=f"circuit-{circuit + 1:03d}",
        feeder_id=feeder_id,
        priority_level=tag.level or PriorityLevel.UNKNOWN,
        valid_from_ms=VALID_FROM_MS,
        valid_to_ms=EXPIRED_MS if tag.expired else None,
        updated_at_ms=UPDATED_MS,
    )
