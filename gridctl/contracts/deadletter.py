"""The dead letter: what was wrong with a record, and the record itself."""

from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field

from gridctl.contracts.events import Contract, EpochMs

DEAD_LETTER_SUBJECT = "grid.dead-letter-value"
UNROUTED_DLQ = "unrouted.dlq"
RAW_CAP_BYTES = 256 * 1024

Stage = Literal["RECEIVE", "PARSE", "VALIDATE", "STAMP", "ENCODE", "PUBLISH", "DECODE", "APPLY"]


class DeadLetter(Contract):
    """The value of every `*.dlq` topic. `raw` holds at most the configured cap; length and hash are the whole's."""

    stage: Stage
    rule: Annotated[str, Field(min_length=1, max_length=64, description="the rule that was broken, a stable word")]
    reason: Annotated[str, Field(min_length=1, max_length=512, description="the same for people")]
    field: Annotated[str, Field(max_length=256)] | None = None
    device_id: Annotated[str, Field(max_length=128)] | None = None
    firmware: Annotated[str, Field(max_length=64)] | None = None
    source: Annotated[str, Field(max_length=256, description="where it came from: a file, an MQTT topic, a unit")]
    topic: Annotated[str, Field(max_length=249)] | None = None
    partition: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    offset: int | None = None
    rejected_at_ms: EpochMs
    raw: bytes
    raw_length: int
    raw_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def headers_of(letter: DeadLetter) -> list[tuple[str, str | bytes | None]]:
    """Return the headers of a letter's record: what a person or a router needs without decoding the value."""
    values: dict[str, object] = {
        "content-type": "application/avro",
        "gridstream.stage": letter.stage,
        "gridstream.rule": letter.rule,
        "gridstream.reason": letter.reason,
        "gridstream.source.topic": letter.topic,
        "gridstream.source.partition": letter.partition,
        "gridstream.source.offset": letter.offset,
    }
    # A reason may quote what came in, and that need not be encodable.
    return [(name, str(value).encode(errors="replace")) for name, value in values.items() if value is not None]


def printable(value: object, cap: int) -> str | None:
    """Return a string cut at the cap, with what cannot be shown as U+FFFD; None for what is no string, or empty."""
    if not isinstance(value, str) or not value:
        return None
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value[:cap])


def raw_fields(raw: bytes, cap_bytes: int = RAW_CAP_BYTES) -> dict[str, bytes | int | str]:
    """Return `raw` (cut at the cap), `raw_length` and `raw_sha256` (of the whole) for a dead letter."""
    return {"raw": raw[:cap_bytes], "raw_length": len(raw), "raw_sha256": sha256(raw).hexdigest()}
