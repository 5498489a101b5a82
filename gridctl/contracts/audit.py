"""The audit entry: one thing that was done, by whom and from where, and its place in the hash chain."""

from typing import Annotated

from pydantic import Field

from gridctl.contracts.events import Contract, Counter, EpochMs

AUDIT_TOPIC = "grid.audit"
AUDIT_SUBJECT = "grid.audit-value"

# Avro's int, which schema ids, versions and pull request numbers are.
INT_MAX = 2**31 - 1
# Two schemas (before and after) of this many characters fit into a record of the topic.
STATE_MAX = 1_000_000

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Number = Annotated[int, Field(ge=0, le=INT_MAX)]
_Word = Annotated[str, Field(max_length=1024)]
_State = Annotated[str, Field(max_length=STATE_MAX)]


class AuditFact(Contract):
    """What was done. `before` and `after` are the states around it: schemas, levels, or what the action says."""

    action: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)+$", max_length=64)]
    subject: _Word
    system: _Word | None = None
    version: _Number | None = None
    schema_id: Annotated[int, Field(ge=-INT_MAX, le=INT_MAX)] | None = None
    fingerprint: Hash | None = None
    before: _State | None = None
    after: _State | None = None
    reason: _Word | None = None
    time_ms: EpochMs
    actor: _Word
    ci_run_id: _Word | None = None
    ci_run_url: _Word | None = None
    commit: _Word | None = None
    pull_request: _Number | None = None
    ref: _Word | None = None


class AuditEntry(AuditFact):
    """The value of topic `grid.audit`. Sequences start at 1 and have no gaps."""

    sequence: Counter
    previous_hash: Hash
    entry_hash: Hash
