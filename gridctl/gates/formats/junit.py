"""For CI servers that read JUnit reports: one test case a finding, one passing case where there is none."""

from html import escape

from gridctl.contracts.verdict import COULD_NOT_CHECK, Finding, Verdict
from gridctl.gates.formats.text import about, one_line, place


def write(verdict: Verdict) -> str:
    """Return the report. Errors are failures, what could not be checked is an error, warnings pass with output."""
    gate = _text(verdict.gate)
    cases = [_case(gate, finding) for finding in verdict.ranked] or [f'    <testcase classname="{gate}" name="all"/>']
    broken = sum(finding.rule == COULD_NOT_CHECK for finding in verdict.findings)
    totals = f'tests="{len(cases)}" failures="{verdict.errors - broken}" errors="{broken}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f"<testsuites {totals}>",
            f'  <testsuite name="{gate}" {totals}>',
            *cases,
            "  </testsuite>",
            "</testsuites>",
            "",
        ]
    )


def _case(gate: str, finding: Finding) -> str:
    where = " ".join(part for part in (about(finding), place(finding)) if part)
    name = _text(f"{finding.rule} {where}")
    message, detail = _text(finding.message), _text(f"{place(finding)} {finding.message} {finding.fix or ''}")
    if finding.severity == "warning":
        inner = f"<system-out>{detail}</system-out>"
    else:
        kind = "error" if finding.rule == COULD_NOT_CHECK else "failure"
        inner = f'<{kind} type="{_text(finding.rule)}" message="{message}">{detail}</{kind}>'
    return f'    <testcase classname="{gate}" name="{name}">{inner}</testcase>'


def _text(value: str) -> str:
    # `one_line` leaves no control character, of which XML 1.0 allows none but three. Surrogates it does not print.
    return escape(one_line(value))
