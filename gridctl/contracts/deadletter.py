"""The dead letter: what was wrong with a record, and the record itself."""

from typing import Annotated, Literal

from pydantic import Field

from gridctl.contracts.events import Contract, EpochMs

DEAD_LETTER_SUBJECT = "grid.dead-letter-value"
UNROUTED_DLQ = "unrouted.dlq"
RAW_CAP_BYTES = 256 * 1024
LENGTHS = {"rule": 64, "reason": 512, "field": 256, "device_id": 128, "firmware": 64, "source": 256, "topic": 249}
"""The most characters that each text of a letter has."""

Stage = Literal["RECEIVE", "PARSE", "VALIDATE", "STAMP", "ENCODE", "PUBLISH", "DECODE", "APPLY"]


class DeadLetter(Contract):
    """The value of every `*.dlq` topic. `raw` holds at most the configured cap; length and hash are the whole's.

    `attempt` says how often the record has been tried: 1 when it was refused for the first time.
    """

    stage: Stage
    rule: Annotated[
        str, Field(min_length=1, max_length=LENGTHS["rule"], description="the rule that was broken, a stable word")
    ]
    reason: Annotated[str, Field(min_length=1, max_length=LENGTHS["reason"], description="the same for people")]
    field: Annotated[str, Field(max_length=LENGTHS["field"])] | None = None
    device_id: Annotated[str, Field(max_length=LENGTHS["device_id"])] | None = None
    firmware: Annotated[str, Field(max_length=LENGTHS["firmware"])] | None = None
    source: Annotated[
        str, Field(max_length=LENGTHS["source"], description="where it came from: a file, an MQTT topic, a unit")
    ]
    topic: Annotated[str, Field(max_length=LENGTHS["topic"])] | None = None
    partition: Annotated[int, Field(ge=0, lt=2**31)] | None = None
    offset: int | None = None
    rejected_at_ms: EpochMs
    raw: bytes
    raw_length: int
    raw_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    attempt: Annotated[int, Field(ge=1, lt=2**31)] = 1
