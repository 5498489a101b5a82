"""For people: `file:line:column` that an editor can open, never wrapped; then the message and the fix."""

from gridctl.contracts.verdict import Finding, Verdict
from gridctl.gates.formats.words import about, headline, one_line, place


def write(verdict: Verdict) -> str:
    """Return the overview, one block a finding, errors first, then the headline."""
    blocks = (_block(verdict.gate, finding) for finding in verdict.ranked)
    return verdict.overview + "\n".join([*blocks, headline(verdict), ""])


def _block(gate: str, finding: Finding) -> str:
    head = f"{place(finding) or gate}: {finding.severity}[{one_line(finding.rule)}]"
    details = (about(finding), finding.message, f"fix: {finding.fix}" if finding.fix else "")
    return "\n".join([head, *(f"  {one_line(detail)}" for detail in details if detail)])
