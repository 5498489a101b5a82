"""For GitHub Actions: annotations, the job summary, the step's outputs.

Limits (docs.github.com, workflow commands): 10 annotations of a kind a step are shown, the rest is dropped without a
message; a job summary over 1 MiB is dropped whole.
"""

from collections.abc import Iterable
from html import escape

from gridctl.contracts.verdict import Finding, Verdict
from gridctl.gates.formats.text import about, count, headline, one_line, place

ANNOTATIONS_OF_A_KIND = 10
SUMMARY_CAP_BYTES = 1024 * 1024
_MARKDOWN = str.maketrans({character: f"&#{ord(character)};" for character in r"|`*_[]\~@#:"})


def annotations(verdict: Verdict) -> str:
    """Return the annotation commands, the worst first; where some do not fit, a notice says how many."""
    kinds: dict[str, list[Finding]] = {"error": [], "warning": []}
    for finding in verdict.findings:
        kinds[finding.severity].append(finding)
    lines = [
        _command(kind, finding) for kind, findings in kinds.items() for finding in findings[:ANNOTATIONS_OF_A_KIND]
    ]
    hidden = [
        count(len(findings) - ANNOTATIONS_OF_A_KIND, f"more {kind}")
        for kind, findings in kinds.items()
        if len(findings) > ANNOTATIONS_OF_A_KIND
    ]
    if hidden:
        title = escape_property(f"gridctl {verdict.gate}")
        lines.append(f"::notice title={title}::{escape_data(' and '.join(hidden))} in the job summary")
    # The headline quotes what was checked, so a step back keeps it from being read as a command.
    return "\n".join([*lines, f"gridctl {headline(verdict)}", ""])


def escape_data(text: str) -> str:
    """Escape what follows the second `::` of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escape the value of a property, which `,` and `:` would end."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _command(kind: str, finding: Finding) -> str:
    values = (("file", finding.file), ("line", finding.line), ("col", finding.column), ("title", finding.rule))
    # A column without a line, or a line without a file, is refused by the runner.
    known = dict(values[: next((index for index in range(3) if values[index][1] is None), 3)]) | {"title": finding.rule}
    properties = ",".join(f"{key}={escape_property(str(value))}" for key, value in known.items())
    message = " ".join(part for part in (about(finding), finding.message) if part)
    return f"::{kind} {properties}::{escape_data(message + (chr(10) + 'Fix: ' + finding.fix if finding.fix else ''))}"


def summary(verdict: Verdict, limit_bytes: int = SUMMARY_CAP_BYTES) -> str:
    """Return the Markdown of the job summary: every finding that fits into so many bytes, and how many did not."""
    head = f"### gridctl {_cell(headline(verdict))}\n"
    if not verdict.findings:
        return _fitting([head, "\n"], "", limit_bytes)
    table = "\n| severity | rule | where | what | fix |\n|---|---|---|---|---|\n"
    rows = [_row(finding) for finding in verdict.ranked]
    whole = "".join([head, table, *rows, "\n"])
    if len(whole.encode("utf-8", "replace")) <= limit_bytes:
        return whole
    return _fitting([head, table, *rows], f"\n{len(rows)} findings in all; not every one fits here.\n\n", limit_bytes)


def _fitting(parts: Iterable[str], end: str, limit_bytes: int) -> str:
    kept: list[str] = []
    left = limit_bytes - len(end.encode())
    for part in parts:
        left -= len(part.encode("utf-8", "replace"))
        if left < 0:
            break
        kept.append(part)
    return "".join([*kept, end]) if kept else ""


def _row(finding: Finding) -> str:
    where = " ".join(part for part in (place(finding), about(finding)) if part)
    cells = (finding.severity, finding.rule, where, finding.message, finding.fix or "")
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |\n"


def _cell(text: str) -> str:
    # Markup becomes character references after HTML is escaped: untrusted text can neither draw nor mention a user.
    return escape(one_line(text), quote=False).translate(_MARKDOWN)


def outputs(verdict: Verdict) -> str:
    """Return the lines for $GITHUB_OUTPUT: `verdict`, `findings`, `errors`."""
    return f"verdict={verdict.verdict}\nfindings={len(verdict.findings)}\nerrors={verdict.errors}\n"
