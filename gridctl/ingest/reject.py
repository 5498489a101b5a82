"""A refused record: what was wrong with it, where it goes, and the dead letter that it becomes."""

import re
from typing import Any, NamedTuple

import pydantic_core

from gridctl.contracts.deadletter import UNROUTED_DLQ, DeadLetter, Stage, headers_of, printable, raw_fields
from gridctl.contracts.ids import ID_PATTERN
from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.ingest.ports import Letter, Oversize

DEAD_LETTER_TOPICS = frozenset({UNROUTED_DLQ, *(f"{topic}.dlq" for topic in TOPIC_OF_KIND.values())})
# Where to look for the names of a record that does not parse.
PEEK_BYTES = 16 * 1024
_NAMED = re.compile(rb'"(kind|device_id|firmware)"\s{0,8}:\s{0,8}"([^"\\\x00-\x1f]{1,512})"')
_IDENTIFIER = re.compile(ID_PATTERN)
_FIELD_CAP, _REASON_CAP, _SOURCE_CAP = 256, 512, 256


class Names(NamedTuple):
    """What could be read of a record that was refused."""

    kind: str | None = None
    device_id: str | None = None
    firmware: str | None = None


class Reject(NamedTuple):
    """Why a record was refused: `rule` is a stable word, `reason` is for people, `field` is the place in it."""

    stage: Stage
    rule: str
    reason: str
    field: str | None = None
    names: Names = Names()

    @property
    def topic(self) -> str:
        """The dead letter topic: that of the kind's own topic, or `unrouted.dlq` where no kind can be read."""
        own = TOPIC_OF_KIND.get(self.names.kind or "")
        return UNROUTED_DLQ if own is None else f"{own}.dlq"


def peek(raw: bytes) -> Names:
    """Read kind, device and firmware of a record as far as they can be read; never fails, bounded in time.

    A record that parses is asked for its own members; of any other the first occurrences near its beginning count.
    """
    found: dict[str, Any] = {}
    try:
        parsed = pydantic_core.from_json(raw)
    except ValueError:
        for name, value in _NAMED.findall(raw[:PEEK_BYTES]):
            found.setdefault(name.decode(), value.decode("utf-8", "replace"))
    else:
        found = parsed if isinstance(parsed, dict) else {}
    kind, device_id, firmware = (found.get(name) for name in Names._fields)
    return Names(
        kind if isinstance(kind, str) and kind in TOPIC_OF_KIND else None,
        printable(device_id, 128),
        printable(firmware, 64),
    )


def dead_letter(reject: Reject, record: bytes | Oversize, source: str, now_ms: int, raw_cap_bytes: int) -> DeadLetter:
    """Return the envelope for a refused record; of an over-long one the head is what was kept."""
    if isinstance(record, Oversize):
        kept: dict[str, Any] = {
            "raw": record.head[:raw_cap_bytes],
            "raw_length": record.length,
            "raw_sha256": record.sha256,
        }
    else:
        kept = raw_fields(record, raw_cap_bytes)
    return DeadLetter(
        stage=reject.stage,
        rule=reject.rule,
        reason=printable(reject.reason, _REASON_CAP) or reject.rule,
        field=printable(reject.field, _FIELD_CAP),
        device_id=reject.names.device_id,
        firmware=reject.names.firmware,
        source=printable(source, _SOURCE_CAP) or "unknown",
        rejected_at_ms=now_ms,
        **kept,
    )


def letter_of(envelope: DeadLetter, topic: str, value: bytes) -> Letter:
    """Return the dead letter to publish: keyed by the device where it has a proper id, its reason in the headers."""
    device_id = envelope.device_id
    key = device_id if device_id is not None and _IDENTIFIER.match(device_id) else None
    return Letter(topic, key, value, headers_of(envelope))
