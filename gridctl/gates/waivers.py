"""Recorded exceptions: two people, a reason, an end, and the fingerprint of the one finding that is waived."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import Field, model_validator

from gridctl.contracts.declared import Declared
from gridctl.contracts.verdict import COULD_NOT_CHECK, Finding, Verdict

LONGEST_DAYS = 30
_Filled = Annotated[str, Field(min_length=1, pattern=r"\S")]


def login(name: str) -> str:
    """Return the name of a user in the form that compares: GitHub's names ignore case."""
    return name.strip().removeprefix("@").casefold()


class Waiver(Declared):
    """One exception. It holds from `recorded` through the last second (UTC) of `expires`."""

    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    reason: Annotated[str, Field(min_length=20)]
    requested_by: _Filled
    approved_by: _Filled
    recorded: date
    expires: date

    @model_validator(mode="after")
    def _two_people_and_an_end(self) -> "Waiver":
        if login(self.requested_by) == login(self.approved_by):
            raise ValueError("requested_by and approved_by must be two people")
        if not self.recorded < self.expires <= self.recorded + timedelta(days=LONGEST_DAYS):
            raise ValueError(f"expires must be 1 to {LONGEST_DAYS} days after recorded")
        return self

    def expired(self, now: datetime) -> bool:
        """Say whether the waiver no longer holds."""
        return now >= datetime.combine(self.expires, time(), UTC) + timedelta(days=1)


class _File(Declared):
    waiver: list[Waiver] = Field(default_factory=list)


def parse_waivers(text: str, where: str) -> tuple[Waiver, ...]:
    """Read ci/waivers.toml; raise UsageProblem naming the place of the first thing that is wrong."""
    return tuple(_File.from_toml(text, where).waiver)


def fingerprint(gate: str, finding: Finding, evidence: str) -> str:
    """Return the SHA-256 (hex) of a finding and of the evidence it was found in, such as a digest of the change."""
    bound = [gate, finding.rule, finding.subject, finding.version, finding.against, finding.path, finding.file]
    document = json.dumps([*bound, finding.message, evidence])
    return hashlib.sha256(document.encode()).hexdigest()


def apply_waivers(verdict: Verdict, waivers: Sequence[Waiver], *, evidence: str, now: datetime) -> Verdict:
    """Turn waived errors into warnings that say who waived them; every other error names its fingerprint.

    What could not be checked cannot be waived. An expired waiver waives nothing and says so.
    """
    by_fingerprint = {waiver.fingerprint: waiver for waiver in waivers}
    weighed = (
        _weighed(finding, fingerprint(verdict.gate, finding, evidence), by_fingerprint, now)
        for finding in verdict.findings
    )
    return replace(verdict, findings=tuple(weighed))


def _weighed(finding: Finding, mark: str, waivers: dict[str, Waiver], now: datetime) -> Finding:
    if finding.severity != "error" or finding.rule == COULD_NOT_CHECK:
        return finding
    waiver = waivers.get(mark)
    if waiver is None:
        hints = (finding.fix, f"to waive it: fingerprint {mark}")
        return replace(finding, fix="; ".join(hint for hint in hints if hint))
    people = f"requested by {waiver.requested_by}, approved by {waiver.approved_by}"
    if waiver.expired(now):
        return replace(finding, message=f"{finding.message} (its waiver expired on {waiver.expires}; {people})")
    if now < datetime.combine(waiver.recorded, time(), UTC):
        return replace(finding, message=f"{finding.message} (its waiver begins on {waiver.recorded}; {people})")
    return replace(
        finding,
        severity="warning",
        message=f"{finding.message} (waived until {waiver.expires}, {people}: {waiver.reason})",
    )
