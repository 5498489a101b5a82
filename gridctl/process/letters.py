"""From a refused record to its dead letter."""

from collections.abc import Mapping
from typing import Any

from gridctl.contracts.deadletter import RAW_CAP_BYTES, DeadLetter, printable, raw_fields
from gridctl.process.decode import Rejected
from gridctl.streams.records import Record

REASON_MAX, FIELD_MAX, ID_MAX, FIRMWARE_MAX = 512, 256, 128, 64


def letter_of(
    rejected: Rejected, record: Record | None, *, topic: str, raw: bytes, now_ms: int, cap_bytes: int = RAW_CAP_BYTES
) -> DeadLetter:
    """Return the dead letter of a record, or of an event that the state held (its record is None)."""
    event: Mapping[str, Any] = rejected.event or {}
    # A message of the client is false where its value is empty, hence `is not None`.
    device_id = event.get("device_id") or _text(record.key() if record is not None else None)
    firmware = event.get("firmware")
    values = {
        "stage": rejected.stage,
        "rule": rejected.rule,
        "reason": rejected.reason[:REASON_MAX],
        "field": rejected.field[:FIELD_MAX] if rejected.field else None,
        "device_id": printable(device_id, ID_MAX),
        "firmware": printable(firmware, FIRMWARE_MAX),
        "source": f"kafka:{topic}",
        "topic": topic,
        "partition": record.partition() if record is not None else None,
        "offset": record.offset() if record is not None else None,
        "rejected_at_ms": now_ms,
    }
    return DeadLetter.model_validate(values | raw_fields(raw, cap_bytes))


def _text(key: bytes | None) -> str | None:
    if key is None:
        return None
    try:
        return key.decode()
    except UnicodeDecodeError:
        return None
