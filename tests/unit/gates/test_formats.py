"""The verdict and its five formats."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st

from gridctl.cli.gating import emit, run_gate
from gridctl.contracts.verdict import COULD_NOT_CHECK, Finding, Verdict, could_not_check
from gridctl.errors import Unavailable, UsageProblem
from gridctl.gates.formats import GateFormat, render
from gridctl.gates.formats import github as github_format
from tests.support.paths import ROOT

ERROR = Finding(
    rule="reader-field-missing-default",
    message="the reader expects unit, which v1 never wrote",
    subject="iot.thermostat-value",
    version=3,
    against=1,
    path="/fields/3",
    file="schemas/iot.thermostat-value/v3.avsc",
    line=12,
    column=7,
    fix="give the field a default",
)
WARNING = Finding(rule="waiver-ends", severity="warning", message="ends soon")
BROKEN = Finding(rule=COULD_NOT_CHECK, message="the registry does not answer")
HOSTILE = Finding(rule="r,1:x", message="100%\r\n::error::x <b>|`", file="a,b:c%.py", line=3, fix="\x1b[2J\x00 ]]>")


def verdict(*findings: Finding) -> Verdict:
    return Verdict("schema", {"versions": 3}, findings)


@pytest.mark.parametrize(
    ("findings", "name", "code"),
    [
        ((), "pass", 0),
        ((WARNING,), "pass", 0),
        ((ERROR,), "fail", 3),
        ((WARNING, ERROR), "fail", 3),
        ((BROKEN,), "error", 5),
        ((ERROR, BROKEN), "error", 5),
    ],
)
@pytest.mark.parametrize("chosen", GateFormat)
def test_the_exit_code_follows_from_the_verdict_in_every_format(
    findings: tuple[Finding, ...], name: str, code: int, chosen: GateFormat, capsys: pytest.CaptureFixture[str]
) -> None:
    judged = verdict(*findings)
    assert judged.verdict == name
    with pytest.raises(typer.Exit) as stop:
        emit(judged, chosen, {})
    assert stop.value.exit_code == code
    assert capsys.readouterr().out.endswith("\n")


def test_json_holds_every_key_and_null_where_it_does_not_apply() -> None:
    document = json.loads(render(verdict(ERROR, WARNING), GateFormat.JSON))
    assert list(document) == ["verdict", "checked", "findings"]
    assert document["checked"] == {"versions": 3}
    keys = ["rule", "severity", "subject", "version", "against", "path", "file", "line", "column", "message", "fix"]
    assert [list(finding) for finding in document["findings"]] == [keys, keys]
    assert document["findings"][0]["against"] == 1
    assert document["findings"][1]["file"] is None


def test_text_says_where_on_one_line_errors_first() -> None:
    lines = render(verdict(WARNING, ERROR), GateFormat.TEXT).splitlines()
    assert lines[0] == "schemas/iot.thermostat-value/v3.avsc:12:7: error[reader-field-missing-default]"
    assert lines[1].strip() == "iot.thermostat-value v3 against v1 at /fields/3"
    assert lines[3].strip() == "fix: give the field a default"
    assert lines[4] == "schema: warning[waiver-ends]"
    assert lines[-1] == "schema: fail (1 error, 1 warning); checked: versions 3"


def test_text_lets_no_message_move_the_cursor_or_break_the_line() -> None:
    text = render(verdict(HOSTILE), GateFormat.TEXT)
    assert "\x1b" not in text
    assert "\r" not in text
    assert len(text.splitlines()) == 4


def test_an_annotation_is_escaped_as_the_runner_reads_it() -> None:
    line = render(verdict(HOSTILE), GateFormat.GITHUB).splitlines()[0]
    assert line == (
        "::error file=a%2Cb%3Ac%25.py,line=3,title=r%2C1%3Ax::100%25%0D%0A::error::x <b>|`%0AFix: \x1b[2J\x00 ]]>"
    )


def test_an_annotation_names_line_and_column_only_beside_a_file() -> None:
    assert render(verdict(ERROR), GateFormat.GITHUB).startswith(
        "::error file=schemas/iot.thermostat-value/v3.avsc,line=12,col=7,title=reader-field-missing-default::"
    )
    homeless = Finding(rule="r", message="m", line=4, column=2)
    assert render(verdict(homeless), GateFormat.GITHUB).startswith("::error title=r::m")
    whole = Finding(rule="r", message="m", file="f", column=2)
    assert render(verdict(whole), GateFormat.GITHUB).startswith("::error file=f,title=r::m")


def test_ten_of_a_kind_are_shown_and_the_rest_is_counted() -> None:
    many = [Finding(rule="w", severity="warning", message=f"w{n}") for n in range(12)]
    many += [Finding(rule="e", message=f"e{n}") for n in range(11)]
    lines = render(verdict(*many), GateFormat.GITHUB).splitlines()
    assert [line.split(" ")[0] for line in lines[:20]] == ["::error"] * 10 + ["::warning"] * 10
    assert lines[20] == "::notice title=gridctl schema::1 more error and 2 more warnings in the job summary"
    assert len(lines) == 22
    exactly = render(verdict(*many[12:22]), GateFormat.GITHUB)
    assert "more" not in exactly


def parsed(report: str) -> ET.Element:
    return ET.fromstring(report)  # noqa: S314 -- the report was written by the code under test


def job(tmp_path: Path) -> dict[str, str]:
    return {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "GITHUB_OUTPUT": str(tmp_path / "output")}


def test_the_job_gets_a_summary_and_outputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "output").write_text("earlier=1\n")
    with pytest.raises(typer.Exit):
        emit(verdict(HOSTILE, WARNING), None, {"GITHUB_ACTIONS": "true"} | job(tmp_path))
    assert capsys.readouterr().out.startswith("::error ")
    assert (tmp_path / "output").read_text() == "earlier=1\nverdict=fail\nfindings=2\nerrors=1\n"
    summary = (tmp_path / "summary.md").read_text()
    rows = [line for line in summary.splitlines() if line.startswith("|")]
    assert len(rows) == 4
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)
    assert "<b>" not in summary


@pytest.mark.parametrize("chosen", [None, *GateFormat])
def test_only_the_github_format_writes_the_jobs_files(chosen: GateFormat | None, tmp_path: Path) -> None:
    with pytest.raises(typer.Exit):
        emit(verdict(), chosen, job(tmp_path))
    assert (tmp_path / "summary.md").exists() is (chosen is GateFormat.GITHUB)


def test_a_summary_never_passes_the_cap_of_the_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = [Finding(rule="rule", message=f"finding {n} " + "ü" * 500) for n in range(2000)]
    path = tmp_path / "summary.md"
    for _ in range(3):
        with pytest.raises(typer.Exit):
            emit(verdict(*many), GateFormat.GITHUB, job(tmp_path))
        assert path.stat().st_size <= github_format.SUMMARY_CAP_BYTES
    text = path.read_text(encoding="utf-8")
    assert "2000 findings in all; not every one fits here." in text
    assert path.stat().st_size > github_format.SUMMARY_CAP_BYTES - 5_000
    capsys.readouterr()


def test_a_summary_that_cannot_be_written_is_no_pass(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be written"):
        emit(verdict(), GateFormat.GITHUB, {"GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "summary")})


SARIF = json.loads((ROOT / "tests" / "data" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
SARIF_VALIDATOR = jsonschema.Draft4Validator(SARIF)


@pytest.mark.parametrize("findings", [(), (ERROR,), (WARNING, HOSTILE, BROKEN), (Finding(rule="r", message=""),)])
def test_sarif_is_valid_by_the_published_schema(findings: tuple[Finding, ...]) -> None:
    SARIF_VALIDATOR.validate(json.loads(render(verdict(*findings), GateFormat.SARIF)))


@pytest.mark.parametrize("spoil", [("level", "fatal"), ("ruleIndex", -2), ("message", {}), ("places", [])])
def test_the_published_schema_refuses_what_is_no_sarif(spoil: tuple[str, Any]) -> None:
    document = json.loads(render(verdict(ERROR), GateFormat.SARIF))
    document["runs"][0]["results"][0] |= dict([spoil])
    assert not SARIF_VALIDATOR.is_valid(document)


def test_sarif_has_what_code_scanning_needs() -> None:
    document = json.loads(render(verdict(WARNING, ERROR, HOSTILE, BROKEN), GateFormat.SARIF))
    run = document["runs"][0]
    assert document["version"] == "2.1.0"
    assert run["tool"]["driver"]["name"] == "gridctl"
    assert run["invocations"] == [{"executionSuccessful": False}]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert {result["level"] for result in run["results"]} == {"error", "warning"}
    first = run["results"][0]["locations"][0]["physicalLocation"]
    assert first == {
        "artifactLocation": {"uri": "schemas/iot.thermostat-value/v3.avsc"},
        "region": {"startLine": 12, "startColumn": 7},
    }
    assert run["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%2Cb%3Ac%25.py"
    assert "logicalLocations" in run["results"][3]["locations"][0]


def test_sarif_of_a_whole_file_starts_at_its_first_line() -> None:
    document = json.loads(render(verdict(Finding(rule="r", message="m", file="f")), GateFormat.SARIF))
    location = document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert location["region"] == {"startLine": 1}


def test_junit_counts_failures_and_errors_apart() -> None:
    suites = parsed(render(verdict(ERROR, WARNING, BROKEN), GateFormat.JUNIT))
    assert suites.attrib == {"tests": "3", "failures": "1", "errors": "1"}
    cases = suites.findall("testsuite/testcase")
    assert [[child.tag for child in case] for case in cases] == [["failure"], ["error"], ["system-out"]]
    passed = parsed(render(verdict(), GateFormat.JUNIT))
    assert passed.attrib == {"tests": "1", "failures": "0", "errors": "0"}


FINDINGS = st.builds(
    Finding,
    rule=st.text(min_size=1),
    message=st.text(),
    severity=st.sampled_from(["error", "warning"]),
    subject=st.none() | st.text(),
    path=st.none() | st.text(),
    file=st.none() | st.text(st.characters(), min_size=1),
    line=st.none() | st.integers(1, 99),
    column=st.none() | st.integers(1, 99),
    fix=st.none() | st.text(),
)


@settings(max_examples=150, deadline=None)
@given(findings=st.lists(FINDINGS, max_size=4))
def test_any_text_makes_a_well_formed_document(findings: list[Finding]) -> None:
    judged = verdict(*findings)
    written = {chosen: render(judged, chosen) for chosen in GateFormat}
    for text in written.values():
        text.encode("utf-8")
    assert len(json.loads(written[GateFormat.JSON])["findings"]) == len(findings)
    results: list[Any] = json.loads(written[GateFormat.SARIF])["runs"][0]["results"]
    assert len(results) == len(findings)
    SARIF_VALIDATOR.validate(json.loads(written[GateFormat.SARIF]))
    assert all(result["message"]["text"] for result in results)
    cases = parsed(written[GateFormat.JUNIT]).findall("testsuite/testcase")
    assert len(cases) == max(len(findings), 1)
    lines = written[GateFormat.GITHUB].split("\n")
    assert [line.startswith(("::error ", "::warning ")) for line in lines] == [True] * len(findings) + [False, False]


def test_what_cannot_be_reached_is_a_verdict_in_the_chosen_format(capsys: pytest.CaptureFixture[str]) -> None:
    def call() -> Verdict:
        raise Unavailable("the registry does not answer", next_step="start it")

    with pytest.raises(typer.Exit) as stop:
        run_gate("schema", GateFormat.JSON, call)
    document = json.loads(capsys.readouterr().out)
    assert stop.value.exit_code == 5
    assert document["verdict"] == "error"
    assert document["findings"][0]["fix"] == "start it"


def test_a_wrong_call_is_no_verdict() -> None:
    def call() -> Verdict:
        raise UsageProblem("no such file")

    with pytest.raises(UsageProblem):
        run_gate("schema", GateFormat.JSON, call)


def test_could_not_check_is_never_a_pass() -> None:
    assert could_not_check("schema", "no answer").verdict == "error"
