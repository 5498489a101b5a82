"""What the asset table makes of a record whose schema the registry does not know yet; the rest is in tests/contract."""

import pytest

from gridctl.adapters.kafka.assets import AssetFollower
from gridctl.contracts.assets import AssetRecord
from gridctl.contracts.priority import PriorityLevel
from gridctl.streams.codec import framed_encoder
from tests.support.memory_registry import MemoryRegistry

SUBJECT = "grid.asset-value"


def test_a_schema_that_the_registry_did_not_know_is_asked_for_again_at_the_next_look(
    registry: MemoryRegistry, schemas: dict[str, str]
) -> None:
    record = AssetRecord(
        device_id="th-1",
        circuit_id="c-1",
        feeder_id="f-1",
        priority_level=PriorityLevel.ESSENTIAL,
        valid_from_ms=0,
        updated_at_ms=0,
    )
    encoder = framed_encoder(SUBJECT, schemas[SUBJECT], registry)
    value = encoder.header + encoder.body(record.__dict__)
    late = MemoryRegistry()
    follower = AssetFollower("127.0.0.1:9", {}, late, schemas[SUBJECT], pytest.fail)
    assert follower._decoded(value) is None
    for subject, schema in schemas.items():
        late.register(subject, schema)
    assert follower._decoded(value) is None, "once a look is enough"
    follower._catch_up()
    assert follower._decoded(value) == record
