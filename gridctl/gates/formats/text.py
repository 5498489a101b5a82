"""The pieces of sentences that several formats share."""

import json

from gridctl.contracts.verdict import Finding, Verdict


def one_line(text: str) -> str:
    """Return the text on one line, without anything that moves a cursor or hides itself."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def count(number: int, noun: str) -> str:
    """Return `1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def headline(verdict: Verdict) -> str:
    """Return the one line that says how it went."""
    found = f"{count(verdict.errors, 'error')}, {count(verdict.warnings, 'warning')}"
    # Lists and tables are for `--format json`; the overview shows them to people.
    short = {key: value for key, value in verdict.checked.items() if value is not None and not isinstance(value, list)}
    looked_at = ", ".join(f"{key} {value}" for key, value in short.items())
    return one_line(f"{verdict.gate}: {verdict.verdict} ({found})" + (f"; checked: {looked_at}" if looked_at else ""))


def place(finding: Finding) -> str:
    """Return `file:line:column`, as far as they are known."""
    parts = (finding.file, finding.line, finding.column)
    known = parts[: parts.index(None)] if None in parts else parts
    return one_line(":".join(str(part) for part in known))


def about(finding: Finding) -> str:
    """Return what the finding is about: subject, versions, path."""
    versions = " against ".join(f"v{number}" for number in (finding.version, finding.against) if number is not None)
    parts = (finding.subject, versions, f"at {finding.path}" if finding.path else None)
    return one_line(" ".join(part for part in parts if part))


def write_text(verdict: Verdict) -> str:
    """Return the overview, one block a finding, errors first, then the headline."""
    blocks = (_block(verdict.gate, finding) for finding in verdict.ranked)
    return verdict.overview + "\n".join([*blocks, headline(verdict), ""])


def _block(gate: str, finding: Finding) -> str:
    head = f"{place(finding) or gate}: {finding.severity}[{one_line(finding.rule)}]"
    details = (about(finding), finding.message, f"fix: {finding.fix}" if finding.fix else "")
    return "\n".join([head, *(f"  {one_line(detail)}" for detail in details if detail)])


def write_json(verdict: Verdict) -> str:
    """Return the document on one line."""
    return json.dumps(verdict.as_json(), ensure_ascii=False) + "\n"
