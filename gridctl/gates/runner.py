"""Many gates, one verdict: read what each said, and never take for a pass what could not be read."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, model_validator

from gridctl.contracts.declared import Declared
from gridctl.contracts.verdict import COULD_NOT_CHECK, Finding, Verdict, VerdictName
from gridctl.errors import UsageProblem
from gridctl.gates.runner_process import Ran

_Word = Annotated[str, Field(min_length=1)]


class Gate(Declared):
    """One gate: a gridctl command that prints the JSON verdict, or a tool whose exit code is the verdict.

    `violation_code` makes it a tool: 0 is a pass, this code a violation, and any other means that it did not run.
    `violation_word` must then stand in what it printed: for tools that end with that code when they could not run.
    `takes_base`: `--base REV` is handed on. `only_with`: without this environment variable there is nothing to judge.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    command: Annotated[list[_Word], Field(min_length=1)]
    violation_code: Annotated[int, Field(ge=1, le=125)] | None = None
    violation_word: _Word | None = None
    takes_base: bool = False
    only_with: _Word | None = None
    timeout_s: Annotated[float, Field(gt=0)] = 600.0


class _File(Declared):
    gate: Annotated[list[Gate], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_name_once(self) -> "_File":
        names = [gate.name for gate in self.gate]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the gate {twice} is named twice")
        return self


def parse_gates(text: str, where: str) -> tuple[Gate, ...]:
    """Read ci/gates.toml; raise UsageProblem naming the place of the first thing that is wrong."""
    return tuple(_File.from_toml(text, where).gate)


def chosen(gates: Sequence[Gate], names: Sequence[str], where: str) -> tuple[Gate, ...]:
    """Return the gates of these names in the file's order, or all where none is named; UsageProblem for a wrong one."""
    known = [gate.name for gate in gates]
    if wrong := [name for name in names if name not in known]:
        raise UsageProblem(f"{where} has no gate {wrong[0]}", next_step=f"name some of: {', '.join(known)}")
    return tuple(gate for gate in gates if not names or gate.name in names)


GATE = "gate"
PASS, FAULT, USAGE, VIOLATION, NOT_CHECKED = 0, 1, 2, 3, 5
WORST_FIRST = (FAULT, USAGE, NOT_CHECKED, VIOLATION)
NOT_APPLICABLE = "not applicable"
_CODE_OF: Mapping[VerdictName, int] = {"pass": PASS, "fail": VIOLATION, "error": NOT_CHECKED}
_WORD_OF = {PASS: "pass", VIOLATION: "fail", FAULT: "fault", USAGE: "usage", NOT_CHECKED: "error"}
_FINDINGS = TypeAdapter(list[Finding])
_PLACE = re.compile(r"(?P<file>[^\s:][^:\n]*):(?P<line>\d+)(?::(?P<column>\d+))?: (?P<message>\S.*)")
_TAIL_LINES = 12


@dataclass(frozen=True)
class Outcome:
    """The result of one gate."""

    name: str
    code: int
    seconds: float
    findings: tuple[Finding, ...] = ()

    @property
    def word(self) -> str:
        """`pass`, `fail`, `error`, or `usage` and `fault` where the gate was called wrongly or broke."""
        return _WORD_OF[self.code]


def outcome_of(gate: Gate, ran: Ran) -> Outcome:
    """Return the outcome of a gate that ran, or did not."""
    if ran.trouble is not None:
        return Outcome(gate.name, NOT_CHECKED, ran.seconds, (_not_run(gate, ran.trouble, ran),))
    code, findings = _of_verdict(gate, ran) if gate.violation_code is None else _of_tool(gate, ran)
    return Outcome(gate.name, code, ran.seconds, findings)


def combined(outcomes: Sequence[Outcome], not_applicable: Sequence[str] = ()) -> Verdict:
    """Return one verdict about all: every finding, and in `checked` how each gate went."""
    checked = {outcome.name: outcome.word for outcome in outcomes} | dict.fromkeys(not_applicable, NOT_APPLICABLE)
    findings = [finding for outcome in outcomes for finding in outcome.findings]
    if not outcomes:
        findings.append(Finding(rule=COULD_NOT_CHECK, message="no gate applies here, so nothing was checked"))
    return Verdict(GATE, checked, tuple(findings))


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """Return 0 where every gate passed, else the first of 1, 2, 5, 3 that any gate ended with; 5 where none ran."""
    codes = {outcome.code for outcome in outcomes} or {NOT_CHECKED}
    return next((code for code in WORST_FIRST if code in codes), PASS)


def _of_verdict(gate: Gate, ran: Ran) -> tuple[int, tuple[Finding, ...]]:
    """Read the verdict that a gridctl gate prints; its exit code must say the same."""
    if ran.code in {FAULT, USAGE}:
        return ran.code, (_not_run(gate, f"ended with exit code {ran.code}", ran),)
    try:
        document = json.loads(ran.stdout)
        findings = tuple(_FINDINGS.validate_python(document["findings"]))
        verdict = Verdict(gate.name, {}, findings).verdict
        agreed = document["verdict"] == verdict and _CODE_OF[verdict] == ran.code
    except (ValueError, KeyError, TypeError, RecursionError):
        agreed, findings = False, ()
    if agreed:
        return ran.code, findings
    return NOT_CHECKED, (_not_run(gate, f"ended with exit code {ran.code} and no verdict that fits it", ran),)


def _of_tool(gate: Gate, ran: Ran) -> tuple[int, tuple[Finding, ...]]:
    if ran.code == PASS:
        return PASS, ()
    if ran.code != gate.violation_code:
        return NOT_CHECKED, (_not_run(gate, f"ended with exit code {ran.code}", ran),)
    if gate.violation_word is not None and gate.violation_word not in ran.stdout:
        return NOT_CHECKED, (_not_run(gate, f"ended with exit code {ran.code} and no word of a violation", ran),)
    placed = tuple(_placed(gate, ran.stdout))
    return VIOLATION, placed or (Finding(rule=gate.name, message=_tail(ran.stdout) or _tail(ran.stderr) or gate.name),)


def _placed(gate: Gate, output: str) -> Iterator[Finding]:
    """Read lines like `file:12:3: what is wrong`; the notes to a finding are not findings."""
    for line in output.splitlines():
        match = _PLACE.fullmatch(line.rstrip())
        if match and not match["message"].startswith("note: "):
            column: Any = match["column"]
            yield Finding(
                rule=gate.name,
                message=match["message"].removeprefix("error: "),
                file=match["file"],
                line=int(match["line"]),
                column=int(column) if column else None,
            )


def _not_run(gate: Gate, why: str, ran: Ran) -> Finding:
    said = _tail(ran.stderr) or _tail(ran.stdout)
    return Finding(
        rule=COULD_NOT_CHECK,
        message=f"the gate {gate.name} could not check: {why}{f': {said}' if said else ''}",
        fix=f"run it alone: {' '.join(gate.command)}",
    )


def _tail(text: str) -> str:
    return "\n".join([line.strip() for line in text.splitlines() if line.strip()][-_TAIL_LINES:])
