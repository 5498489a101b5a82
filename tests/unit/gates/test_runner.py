"""What is taken for a pass, and what never is: the outcomes of gates, and the one code that follows from them."""

import json
from itertools import product

import pytest

from gridctl.contracts.verdict import COULD_NOT_CHECK, Finding, Verdict
from gridctl.errors import UsageProblem
from gridctl.gates.runner import Gate, Outcome, chosen, combined, exit_code, outcome_of, parse_gates
from gridctl.gates.runner_process import Ran

OURS = Gate(name="lint", command=["gridctl", "schema", "lint", "--format", "json"])
TOOL = Gate(name="mypy", command=["mypy"], violation_code=1)
WRONG = Finding(rule="doc-missing", message="no doc", file="a.avsc", line=3, column=2)
REMARK = Finding(rule="doc-short", severity="warning", message="short doc")
BROKEN = Finding(rule=COULD_NOT_CHECK, message="no registry")


def said(*findings: Finding) -> str:
    return json.dumps(Verdict("lint", {"files": 3}, findings).as_json())


@pytest.mark.parametrize(
    ("code", "output", "expected"),
    [
        (0, said(), 0),
        (0, said(REMARK), 0),
        (3, said(WRONG, REMARK), 3),
        (5, said(BROKEN), 5),
        (5, said(BROKEN, WRONG), 5),
        (1, "", 1),
        (2, "", 2),
        (1, said(), 1),
        # No verdict is no pass, whatever the exit code says.
        (0, "", 5),
        (0, "{}", 5),
        (0, "[]", 5),
        (0, "null", 5),
        (0, "not JSON", 5),
        (0, said() + said(), 5),
        (0, said().replace('"pass"', '"PASS"'), 5),
        (0, '{"verdict": "pass", "findings": null}', 5),
        (0, '{"verdict": "pass", "findings": [{"rule": "r"}]}', 5),
        (0, '{"verdict": "pass", "findings": [{"rule": "r", "message": "m", "severity": "none"}]}', 5),
        (0, "[" * 100_000, 5),
        # Exit code, verdict and findings must say the same.
        (0, said(WRONG), 5),
        (3, said(), 5),
        (3, said(BROKEN), 5),
        (5, said(WRONG), 5),
        (0, said(WRONG).replace('"fail"', '"pass"'), 5),
        # Codes that no gate has.
        (4, said(), 5),
        (130, said(), 5),
        (127, "", 5),
    ],
)
def test_a_gridctl_gate_passes_only_with_a_verdict_that_fits_its_code(code: int, output: str, expected: int) -> None:
    outcome = outcome_of(OURS, Ran(code, output, "error: the registry does not answer\n"))
    assert outcome.code == expected
    assert (expected == 0) == (combined([outcome]).verdict == "pass")


def test_the_findings_of_a_gate_are_kept_as_they_are() -> None:
    assert outcome_of(OURS, Ran(3, said(WRONG, REMARK))).findings == (WRONG, REMARK)


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (1, 3), (2, 5), (3, 5), (127, 5), (139, 5)])
def test_a_tool_passes_with_0_and_fails_with_its_own_code_only(code: int, expected: int) -> None:
    assert outcome_of(TOOL, Ran(code, "out", "err")).code == expected


@pytest.mark.parametrize("gate", [OURS, TOOL], ids=["gridctl", "tool"])
def test_what_did_not_run_is_code_5_whatever_it_printed(gate: Gate) -> None:
    outcome = outcome_of(gate, Ran(0, said(), "", trouble="no verdict after 1 s"))
    assert outcome.code == 5
    assert outcome.findings[0].rule == COULD_NOT_CHECK
    assert "no verdict after 1 s" in outcome.findings[0].message
    assert outcome.findings[0].fix == f"run it alone: {' '.join(gate.command)}"


def test_the_lines_of_a_tool_become_findings_with_places() -> None:
    output = (
        "gridctl/a.py:3:7: error: Incompatible types  [assignment]\n"
        "gridctl/a.py:3:7: note: See the documentation\n"
        "gridctl/b.py:12: F401 `os` imported but unused\r\n"
        "Found 2 errors in 2 files (checked 9 source files)\n"
    )
    assert outcome_of(TOOL, Ran(1, output)).findings == (
        Finding(rule="mypy", message="Incompatible types  [assignment]", file="gridctl/a.py", line=3, column=7),
        Finding(rule="mypy", message="F401 `os` imported but unused", file="gridctl/b.py", line=12),
    )


def test_a_tool_that_names_no_place_is_quoted() -> None:
    outcome = outcome_of(TOOL, Ran(1, "Contracts\n\n  Direction of imports BROKEN\n"))
    assert outcome.findings == (Finding(rule="mypy", message="Contracts\nDirection of imports BROKEN"),)
    assert outcome_of(TOOL, Ran(1)).findings[0].severity == "error"


@pytest.mark.parametrize("codes", list(product((0, 3, 5, 2, 1), repeat=3)))
def test_the_code_of_many_is_the_first_that_applies_of_1_2_5_3(codes: tuple[int, ...]) -> None:
    outcomes = [Outcome(f"gate-{n}", code, 0.0) for n, code in enumerate(codes)]
    expected = next((code for code in (1, 2, 5, 3) if code in codes), 0)
    assert exit_code(outcomes) == expected


def test_nothing_run_is_no_pass() -> None:
    assert exit_code([]) == 5
    assert combined([], ["pr"]).verdict == "error"
    assert combined([], ["pr"]).checked == {"pr": "not applicable"}


def test_one_verdict_says_how_each_gate_went() -> None:
    outcomes = [
        outcome_of(OURS, Ran(3, said(WRONG))),
        outcome_of(TOOL, Ran(0)),
        outcome_of(TOOL.model_copy(update={"name": "ruff"}), Ran(2, "", "no such option\n")),
    ]
    verdict = combined(outcomes, ["pr"])
    assert verdict.checked == {"lint": "fail", "mypy": "pass", "ruff": "error", "pr": "not applicable"}
    assert verdict.verdict == "error"
    assert [finding.rule for finding in verdict.findings] == ["doc-missing", COULD_NOT_CHECK]
    assert verdict.findings[1].message == "the gate ruff could not check: ended with exit code 2: no such option"


GATES = """
[[gate]]
name = "lint"
command = ["gridctl", "schema", "lint"]

[[gate]]
name = "ruff"
command = ["ruff", "check"]
violation_code = 1
takes_base = true
only_with = "HOME"
timeout_s = 2.5
"""


def test_the_file_is_read_as_it_is_written() -> None:
    lint, ruff = parse_gates(GATES, "ci/gates.toml")
    assert (lint.name, lint.violation_code, lint.takes_base, lint.only_with) == ("lint", None, False, None)
    assert ruff == Gate(
        name="ruff",
        command=["ruff", "check"],
        violation_code=1,
        takes_base=True,
        only_with="HOME",
        timeout_s=2.5,
    )


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("[[gate]]", "[[gate", "not TOML"),
        ("[[gate]]", "[[gates]]", "gate"),
        ('name = "ruff"', 'name = "lint"', "the gate lint is named twice"),
        ('name = "ruff"', 'name = "Ruff!"', "gate.1.name"),
        ('["ruff", "check"]', "[]", "gate.1.command"),
        ('["ruff", "check"]', '"ruff check"', "gate.1.command"),
        ('["ruff", "check"]', '["ruff", ""]', "gate.1.command.1"),
        ("violation_code = 1", "violation_code = 0", "gate.1.violation_code"),
        ("takes_base = true", 'takes_base = "yes"', "gate.1.takes_base"),
        ("timeout_s = 2.5", "timeout_s = 0", "gate.1.timeout_s"),
        ("timeout_s = 2.5", "time_s = 2", "gate.1.time_s"),
    ],
)
def test_a_wrong_file_is_refused_by_the_place(old: str, new: str, place: str) -> None:
    assert old in GATES
    with pytest.raises(UsageProblem, match=r"ci/gates\.toml") as refused:
        parse_gates(GATES.replace(old, new), "ci/gates.toml")
    assert place in str(refused.value)


def test_an_empty_file_is_no_gate() -> None:
    with pytest.raises(UsageProblem, match="gate"):
        parse_gates("", "ci/gates.toml")


def test_names_choose_in_the_order_of_the_file_and_a_wrong_name_is_refused() -> None:
    gates = parse_gates(GATES, "ci/gates.toml")
    assert [gate.name for gate in chosen(gates, [], "f")] == ["lint", "ruff"]
    assert [gate.name for gate in chosen(gates, ["ruff", "lint", "ruff"], "f")] == ["lint", "ruff"]
    with pytest.raises(UsageProblem, match="has no gate mypy"):
        chosen(gates, ["lint", "mypy"], "f")


@pytest.mark.parametrize(("output", "code"), [("Direction of imports BROKEN\n", 3), ("no configuration\n", 5), ("", 5)])
def test_a_tool_that_must_say_a_word_did_not_run_without_it(output: str, code: int) -> None:
    imports = TOOL.model_copy(update={"violation_word": "BROKEN"})
    assert outcome_of(imports, Ran(1, output)).code == code
