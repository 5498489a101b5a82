"""For code scanning: SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)."""

import json
import re
from typing import Any
from urllib.parse import quote

from gridctl import __version__
from gridctl.contracts.verdict import Finding, Verdict
from gridctl.gates.formats.text import about, headline, one_line

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# A path that is not UTF-8 holds its bytes as U+DC80 to U+DCFF; other lone surrogates stand for nothing.
_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def write(verdict: Verdict) -> str:
    """Return one run: its rules, its results, and whether the gate could do its work."""
    rules = sorted({finding.rule for finding in verdict.findings})
    run = {
        "tool": {"driver": {"name": "gridctl", "version": __version__, "rules": [_rule(rule) for rule in rules]}},
        "automationDetails": {"id": f"gridctl/{verdict.gate}/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": verdict.verdict != "error"}],
        "results": [_result(verdict, finding, rules.index(finding.rule)) for finding in verdict.ranked],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False) + "\n"


def _rule(rule: str) -> dict[str, Any]:
    words = {"text": rule.replace("-", " ")}
    return {"id": rule, "shortDescription": words, "fullDescription": words, "help": words}


def _result(verdict: Verdict, finding: Finding, index: int) -> dict[str, Any]:
    said = one_line(" ".join(part for part in (about(finding), finding.message) if part))
    text = f"{said}. Fix: {one_line(finding.fix)}" if finding.fix else said
    return {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": text or headline(verdict)},
        "locations": [_location(verdict, finding)],
    }


def _location(verdict: Verdict, finding: Finding) -> dict[str, Any]:
    if finding.file is None:
        return {"logicalLocations": [{"fullyQualifiedName": about(finding) or verdict.gate}]}
    # Code scanning shows a result beside the code only where a region starts it; a whole file starts at line 1.
    region = {"startLine": max(finding.line or 1, 1)} | ({"startColumn": finding.column} if finding.column else {})
    uri = quote(_NO_BYTE.sub("\ufffd", finding.file).encode("utf-8", "surrogateescape"))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
