"""`gridctl pr check` as a user calls it: files for body, changes and approvals; the event of a run without token."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gridctl.cli.main import run
from tests.support.git import git
from tests.support.paths import ROOT

GOOD = (ROOT / "ci" / "examples" / "pr-body.md").read_text(encoding="utf-8")
SAFETY = GOOD[GOOD.index("## Safety Impact") : GOOD.index("## Grid Impact")]
ROLLBACK = "\n## Rollback Plan\n\nRevert the merge commit and redeploy the tag before it.\n"
HIGH = GOOD.replace("Level: None", "Level: High") + ROLLBACK
OWNER = "gridstream-safety-lead"
ENDLESS = b'{"repository": {"full_name": "o/r"}, "pull_request": {"number": 1e999}}'


class Desk:
    """A directory with the repository's rules, in which `pr check` is called."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory = directory
        self.capsys = capsys
        (directory / "ci").mkdir()
        for name in ("pr-rules.toml", "waivers.toml"):
            shutil.copy(ROOT / "ci" / name, directory / "ci" / name)

    def write(self, name: str, content: str | bytes) -> str:
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        (self.directory / name).write_bytes(data)
        return name

    def check(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Return the exit code and the JSON document, {} where there is none."""
        code = run(["pr", "check", "--format", "json", *arguments])
        out = self.capsys.readouterr().out
        return code, json.loads(out) if out else {}

    def judge(self, body: str | bytes, changed: str | bytes = "docs/page.md\n", *more: str) -> tuple[int, list[str]]:
        """Return the exit code and the rules that a body breaks."""
        arguments = ("--body-file", self.write("body.md", body), "--changed-files", self.write("changed.txt", changed))
        code, document = self.check(*arguments, *more)
        return code, [finding["rule"] for finding in document.get("findings", [])]


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    for name in [key for key in os.environ if key.startswith("GITHUB_")]:
        monkeypatch.delenv(name)
    return Desk(tmp_path, capsys)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body,
        lambda body: body.replace("\n", "\r\n"),
        lambda body: "\ufeff" + body,
        lambda body: body.replace("## Grid Impact", "Grid Impact\n-----------"),
        lambda body: body + "\x00\x1b[31m\u202e\u200b",
        lambda body: (body + "\n\nmore \xff words\n").encode("latin-1"),
        lambda body: body + "\n```\n## Safety Impact\n```\n\n> ## Grid Impact\n\n<!--\n## Grid Impact\n-->\n",
        lambda body: body + "\nmany words in a line that goes on and on" * 5_000,
    ],
    ids=["as it is", "CRLF", "byte order mark", "setext", "invisible elsewhere", "Latin-1", "examples", "200 kB"],
)
def test_a_good_body_passes(spoil: Callable[[str], str | bytes], desk: Desk) -> None:
    assert desk.judge(spoil(GOOD), "docs/page.md\nschemas/iot.thermostat-value/v2.avsc\n") == (0, [])


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ("", ["section-missing"] * 2),
        (GOOD.replace(SAFETY, ""), ["section-missing"]),
        (GOOD.replace(SAFETY, f"```markdown\n{SAFETY}```\n"), ["section-missing"]),
        (GOOD.replace(SAFETY, f"<!--\n{SAFETY}-->\n\n"), ["section-missing"]),
        (GOOD.replace(SAFETY, SAFETY.replace("\n", "\n> ").removesuffix("> ")).replace("## S", "> ## S"),
         ["section-missing"]),
        (GOOD.replace("Safety Impact", "Safety\u200b Impact"), ["section-missing"]),
        (GOOD.replace("Safety Impact", "Safety Impact\u00ad"), ["section-missing"]),
        (GOOD + SAFETY, ["section-repeated"]),
        (GOOD.replace("Level: None", "Level: Severe"), ["level-unknown"]),
        (GOOD.replace("Level: None", "Level: 5"), ["level-unknown"]),
        (GOOD.replace("Level: None", ""), ["level-missing"]),
        (GOOD.replace("No guard reads this field; the wet bulb comes from the weather service alone.", "TBD"),
         ["not-filled"]),
        (GOOD.replace("No guard reads this field; the wet bulb comes from the weather service alone.",
                      "Why this level is right, and what shows it."), ["not-filled"]),
        (GOOD.replace("Level: None", "Level: High"), ["section-missing", "approval-missing"]),
        (HIGH, ["approval-missing"]),
        ((ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md").read_text(), ["level-unknown", "not-filled"] * 2),
    ],
    ids=[
        *("empty", "missing", "in a fence", "in a comment", "quoted", "zero width", "soft hyphen", "twice"),
        *("unknown level", "number", "no level", "TBD", "placeholder", "High alone", "High unapproved", "template"),
    ],
)  # fmt: skip
def test_a_bad_body_fails_with_its_rule(body: str, rules: list[str], desk: Desk) -> None:
    assert desk.judge(body) == (3, rules)


@pytest.mark.parametrize(
    ("changed", "code", "rules"),
    [
        ("docs/page.md\n", 0, []),
        ("gridctl/safety/kernel.py\n", 3, ["impact-too-low"]),
        ("./gridctl/safety/kernel.py", 3, ["impact-too-low"]),
        ('"gridctl/safety/\\303\\244.py"\n', 3, ["impact-too-low"]),
        ("docs/page.md\r\ngridctl/safety/kernel.py\r\n", 3, ["impact-too-low"]),
        ("GRIDCTL/SAFETY/kernel.py\n", 3, ["impact-too-low"]),
        (b"gridctl/safety/\xff.py\n", 3, ["impact-too-low"]),
        (".github/workflows/pr.yml\n", 3, ["impact-too-low"]),
        ("ci/waivers.toml\n", 3, ["impact-too-low"]),
        ("\ufeffgridctl/safety/kernel.py\n", 3, ["impact-too-low"]),
        ('"./gridctl/safety/a\\tb\\\\c.py"\n', 3, ["impact-too-low"]),
        ("docs/a\u2028b.md\ndocs/a b.md\n", 0, []),
        ("\n\n", 5, ["could-not-check"]),
        ("", 5, ["could-not-check"]),
    ],
)
def test_the_changed_paths_bind_the_level(changed: str | bytes, code: int, rules: list[str], desk: Desk) -> None:
    assert desk.judge(GOOD, changed) == (code, rules)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ("gridctl/safety/kernel.py\n".encode("utf-16"), 1),
        ("docs/page.md\ngridctl\0/safety/kernel.py\n", 2),
        ("docs/page.md\n\nM\tgridctl/safety/kernel.py\n", 3),
        ("gridctl\\safety\\kernel.py\r\n", 1),
        ("/work/gridctl/safety/kernel.py\n", 1),
        ("C:/work/gridctl/safety/kernel.py\n", 1),
        ("gridctl//safety/kernel.py\n", 1),
        ("gridctl/./safety/kernel.py\n", 1),
        ("././gridctl/safety/kernel.py\n", 1),
        ("docs/../gridctl/safety/kernel.py\n", 1),
        ("../main/gridctl/safety/kernel.py\n", 1),
        ("gridctl/safety/\n", 1),
        ("./\n", 1),
        ('"gridctl/safety/\\x"\n', 1),
        ('"gridctl/safety/\\400"\n', 1),
        ('"gridctl/safety/kernel.py\n', 1),
        ('"docs/../gridctl/safety/\\303\\244.py"\n', 1),
    ],
)
def test_a_list_that_git_would_not_write_is_a_wrong_call(changed: str | bytes, line: int, desk: Desk) -> None:
    desk.write("body.md", GOOD)
    desk.write("changed.txt", changed)
    assert run(["pr", "check", "--body-file", "body.md", "--changed-files", "changed.txt"]) == 2
    said = desk.capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[0].startswith(f"error: changed.txt: line {line}: ")
    assert "git diff --name-only" in said[1]


@pytest.mark.parametrize(
    "path",
    [
        *("gridctl/cli/gating.py", "gridctl/cli/boundary.py", "gridctl/cli/wiring/base.py"),
        *("gridctl/cli/commands/gate.py", "gridctl/cli/commands/pr.py", "gridctl/cli/commands/schema/__init__.py"),
        *("gridctl/cli/commands/schema/check.py", "gridctl/cli/commands/audit.py", "gridctl/errors.py"),
        *("Makefile", "gridctl.toml"),
    ],
)
def test_what_decides_what_may_be_merged_has_an_impact(path: str, desk: Desk) -> None:
    assert (ROOT / path).is_file()
    assert desk.judge(GOOD, path) == (3, ["impact-too-low"])


@pytest.mark.parametrize(
    ("approvals", "code"),
    [
        (f"{OWNER}\n", 0),
        (f"@{OWNER.upper()}\r\n", 0),
        (f"somebody\n{OWNER}\n", 0),
        ("somebody\n", 3),
        ("gridstream-control-room-lead\n", 3),
        ("", 3),
        (f"not-{OWNER}\n", 3),
    ],
)
def test_high_needs_an_owner_of_that_impact(approvals: str, code: int, desk: Desk) -> None:
    assert desk.judge(HIGH, "docs/page.md", "--approvals", desk.write("approvals.txt", approvals))[0] == code


def test_what_the_verdict_says(desk: Desk) -> None:
    desk.write("body.md", HIGH)
    desk.write("changed.txt", "docs/page.md")
    code, document = desk.check("--body-file", "body.md", "--changed-files", "changed.txt")
    assert code == 3
    assert document["checked"] == {"safety": "High", "grid": "Low", "changed_paths": 1}
    (finding,) = document["findings"]
    assert finding["path"] == "Safety Impact"
    assert finding["file"] == "body.md"
    assert OWNER in finding["fix"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--body-file", "missing.md", "--changed-files", "changed.txt"],
        ["--body-file", "body.md", "--changed-files", "missing.txt"],
        ["--body-file", "body.md"],
        ["--body-file", "body.md", "--changed-files", "changed.txt", "--approvals", "missing.txt"],
        ["--body-file", "body.md", "--changed-files", "changed.txt", "--rules", "missing.toml"],
        ["--body-file", ".", "--changed-files", "changed.txt"],
        ["--body-file", "body.md", "--changed-files", "changed.txt", "--base", ""],
        ["--body-file", "body.md", "--base", " "],
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_code_2_and_one_line(arguments: list[str], desk: Desk) -> None:
    desk.write("body.md", GOOD)
    desk.write("changed.txt", "docs/page.md")
    assert run(["pr", "check", *arguments]) == 2
    said = desk.capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 2
    assert said.err.startswith("error: ")


def waiver(mark: str, recorded: str, expires: str, approved_by: str = "grace") -> str:
    return (
        f'[[waiver]]\nfingerprint = "{mark}"\nreason = "the simulator alone is changed, by agreement"\n'
        f'requested_by = "ada"\napproved_by = "{approved_by}"\nrecorded = {recorded}\nexpires = {expires}\n'
    )


def test_a_waiver_holds_for_its_finding_its_content_and_its_time(desk: Desk) -> None:
    from datetime import UTC, datetime, timedelta

    today = datetime.now(UTC).date()
    before, after = today - timedelta(days=3), today + timedelta(days=3)
    changed = "gridctl/safety/kernel.py"
    desk.judge(GOOD, changed)
    _, document = desk.check("--body-file", "body.md", "--changed-files", "changed.txt")
    mark = document["findings"][0]["fix"].rsplit(" ", 1)[1]
    waivers = desk.directory / "ci" / "waivers.toml"

    waivers.write_text(waiver(mark, f"{before}", f"{after}"))
    assert desk.judge(GOOD, changed) == (0, ["impact-too-low"])
    assert desk.judge(GOOD.replace("\n", "\r\n"), changed)[0] == 0
    assert desk.judge(GOOD + "\nOne more word.\n", changed)[0] == 3
    assert desk.judge(GOOD, changed + "\ndocs/page.md\n")[0] == 3

    waivers.write_text(waiver(mark, f"{before}", f"{today - timedelta(days=1)}"))
    assert desk.judge(GOOD, changed)[0] == 3
    waivers.write_text(waiver(mark, f"{after}", f"{after + timedelta(days=1)}"))
    assert desk.judge(GOOD, changed)[0] == 3
    for wrong in (
        waiver(mark, f"{before}", f"{after}", approved_by="@Ada"),
        waiver(mark, f"{before}", f"{before + timedelta(days=31)}"),
        waiver(mark[:-1], f"{before}", f"{after}"),
    ):
        waivers.write_text(wrong)
        assert desk.judge(GOOD, changed)[0] == 2


@pytest.fixture
def event(desk: Desk) -> Callable[..., dict[str, Any]]:
    """Return a maker of payloads: a pull request that changes one path, in a real repository."""
    git(desk.directory, "init", "--quiet")
    git(desk.directory, "add", ".")
    git(desk.directory, "commit", "--quiet", "-m", "base")
    base = git(desk.directory, "rev-parse", "HEAD")

    def make(body: str | None, changed: str = "docs/page.md") -> dict[str, Any]:
        path = desk.directory / changed
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"changed for {body}")
        git(desk.directory, "add", changed)
        git(desk.directory, "commit", "--quiet", "-m", "change")
        head = git(desk.directory, "rev-parse", "HEAD")
        payload = {
            "repository": {"full_name": "o/r"},
            "pull_request": {
                "number": 7,
                "user": {"login": "author"},
                "body": body,
                "base": {"sha": base},
                "head": {"sha": head},
            },
        }
        desk.write("event.json", json.dumps(payload))
        return payload

    return make


def test_a_forks_run_without_token_judges_the_payload_and_the_git_diff(
    desk: Desk, event: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    event(GOOD)
    monkeypatch.setenv("GITHUB_EVENT_PATH", "event.json")
    assert desk.check()[0] == 0
    event(GOOD, "gridctl/safety/kernel.py")
    code, document = desk.check()
    assert (code, document["findings"][0]["file"]) == (3, "gridctl/safety/kernel.py")
    event(None)
    assert desk.check()[0] == 3
    # Reviews cannot be read without a token: not approved, and not refused either.
    event(HIGH)
    assert desk.check()[0] == 5


def test_a_change_does_not_write_the_rules_that_judge_it(desk: Desk, event: Callable[..., dict[str, Any]]) -> None:
    rules = (ROOT / "ci" / "pr-rules.toml").read_text()
    event(GOOD, "gridctl/safety/kernel.py")
    desk.write("ci/pr-rules.toml", rules.replace('safety = "Medium"', 'safety = "None"').replace('safety = "Low"', ""))
    git(desk.directory, "commit", "--quiet", "-am", "weaker rules")
    event(GOOD, "docs/other.md")
    code, document = desk.check("--event-file", "event.json")
    assert code == 3
    assert {finding["rule"] for finding in document["findings"]} == {"impact-too-low"}


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"null", b"[]", b"{}", b'{"pull_request": {}}', b"\xff\xfe", b"[" * 100_000, ENDLESS],
)
def test_an_event_that_tells_of_no_pull_request_is_code_5(payload: bytes, desk: Desk) -> None:
    desk.write("event.json", payload)
    code, document = desk.check("--event-file", "event.json")
    assert (code, document["verdict"]) == (5, "error")
    assert desk.check("--event-file", "missing.json")[0] == 5


def test_a_base_that_git_does_not_know_is_code_5(desk: Desk, event: Callable[..., dict[str, Any]]) -> None:
    payload = event(GOOD)
    for base in ("0" * 40, "--output=x", "no/such/branch"):
        desk.write("body.md", GOOD)
        assert desk.check("--body-file", "body.md", f"--base={base}")[0] == 5
    payload["pull_request"]["base"]["sha"] = "1" * 40
    desk.write("event.json", json.dumps(payload))
    assert desk.check("--event-file", "event.json")[0] == 5


def test_the_example_of_the_help_passes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    example = "pr check --body-file ci/examples/pr-body.md --changed-files ci/examples/pr-changes.txt"
    assert run(example.split()) == 0
    assert capsys.readouterr().out.startswith("pr: pass")
