"""What a gate says: findings, and the verdict that follows from them. The same shape for every gate."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning"]
VerdictName = Literal["pass", "fail", "error"]

COULD_NOT_CHECK = "could-not-check"
"""The rule of a finding that says that something was not looked at: with one of these no verdict is a pass."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, and where. Lines and columns start at 1; `path` is a place inside the subject.

    `version` is the later and `against` the earlier version of a schema, whichever of them is the reader.
    The fields stand in the order of the JSON document.
    """

    rule: str
    severity: Severity = "error"
    subject: str | None = None
    version: int | None = None
    against: int | None = None
    path: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    message: str
    fix: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What a gate looked at (`checked`: JSON values) and what it found. Only errors fail; warnings do not.

    `overview` is what the text for people shows above the findings; it ends with a line end.
    """

    gate: str
    checked: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    overview: str = ""

    @property
    def verdict(self) -> VerdictName:
        """`error` where something could not be checked, whatever else was found; then `fail`; then `pass`."""
        if any(finding.rule == COULD_NOT_CHECK for finding in self.findings):
            return "error"
        return "fail" if self.errors else "pass"

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return len(self.findings) - self.errors

    @property
    def ranked(self) -> tuple[Finding, ...]:
        """The findings, errors first, else in the gate's own order."""
        return tuple(sorted(self.findings, key=lambda finding: finding.severity != "error"))

    def as_json(self) -> dict[str, Any]:
        """Return the stable document: `verdict`, `checked`, `findings` with every key, null where it does not apply."""
        return {
            "verdict": self.verdict,
            "checked": dict(self.checked),
            "findings": [asdict(finding) for finding in self.findings],
        }


def could_not_check(gate: str, message: str, fix: str | None = None) -> Verdict:
    """Return the verdict of a gate that could not run at all; it is never a pass."""
    return Verdict(gate, {}, (Finding(rule=COULD_NOT_CHECK, message=message, fix=fix),))
