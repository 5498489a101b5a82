"""`gridctl pr` against GitHub's REST API over a real socket: what is re-read, what decides, what cannot be read."""

import base64
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gridctl.cli.main import run
from tests.support.paths import ROOT
from tests.unit.gates.conftest import Body, GitHubServer

BASE, HEAD, OLDER = "b" * 40, "c" * 40, "d" * 40
PULL = "/repos/o/r/pulls/7"
ROLLBACK = "\n## Rollback Plan\n\nRevert the merge commit and redeploy the tag before it.\n"
Judge = Callable[..., tuple[int, dict[str, Any]]]


def review(user: str | None, state: str, commit: str = HEAD) -> dict[str, Any]:
    return {"user": {"login": user} if user else None, "state": state, "commit_id": commit}


def changed(name: str, status: str = "modified", **more: Any) -> dict[str, Any]:
    return {"filename": name, "status": status, "sha": "e" * 40, **more}


def content(text: str) -> dict[str, Any]:
    raw = text.encode()
    return {"type": "file", "encoding": "base64", "content": base64.b64encode(raw).decode(), "size": len(raw)}


def tell(github: GitHubServer, body: str, files: list[dict[str, Any]], reviews: list[dict[str, Any]]) -> None:
    github.tell(
        PULL,
        {
            "number": 7,
            "url": f"{github.url}{PULL}",
            "user": {"login": "author"},
            "body": body,
            "changed_files": len(files),
            "base": {"sha": BASE},
            "head": {"sha": HEAD},
        },
    )
    github.tell(f"{PULL}/files", files)
    github.tell(f"{PULL}/reviews", reviews)


@pytest.fixture
def judge(
    github: GitHubServer,
    rules_text: str,
    body: Body,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Judge:
    """Return a caller of `pr check` in an empty directory, with a token and a stale payload."""
    monkeypatch.chdir(tmp_path)
    for name in [key for key in os.environ if key.startswith("GITHUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GITHUB_API_URL", github.url)
    monkeypatch.setenv("GITHUB_TOKEN", "read-only")
    github.tell("/repos/o/r/contents/ci/pr-rules.toml", content(rules_text))
    github.tell(f"/repos/o/r/commits/{BASE}", {"sha": BASE})
    tell(github, body(), [changed("docs/page.md")], [])
    payload = {
        "repository": {"full_name": "o/r"},
        "pull_request": {
            "number": 7,
            "user": {"login": "author"},
            "body": "what the body was when the run began",
            "base": {"sha": OLDER},
            "head": {"sha": OLDER},
        },
    }

    def call(event: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        Path("event.json").write_text(json.dumps(event or payload))
        code = run(["pr", "check", "--format", "json", "--event-file", "event.json"])
        return code, json.loads(capsys.readouterr().out)

    return call


def rules_of(document: dict[str, Any]) -> list[str]:
    return [finding["rule"] for finding in document["findings"]]


def test_the_body_is_read_again_because_the_payload_is_stale(judge: Judge, github: GitHubServer, body: Body) -> None:
    assert judge()[0] == 0
    assert {method for method, _ in github.asked} == {"GET"}
    assert github.tokens == {"token read-only"}
    tell(github, body().replace("## Safety Impact", "## Other"), [changed("docs/page.md")], [])
    assert judge()[0] == 3


def test_a_body_that_was_taken_away_is_no_body(judge: Judge, github: GitHubServer) -> None:
    tell(github, "", [changed("docs/page.md")], [])
    github.answers[PULL][1]["body"] = None
    assert rules_of(judge()[1]) == ["section-missing", "section-missing"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ([changed("gridctl/safety/kernel.py")], 3),
        ([changed("gridctl/safety/kernel.py", "removed")], 3),
        ([changed("docs/kernel.py", "renamed", previous_filename="gridctl/safety/kernel.py")], 3),
        ([changed(f"docs/{n}.md") for n in range(150)], 0),
        ([*(changed(f"docs/{n}.md") for n in range(150)), changed("gridctl/safety/kernel.py")], 3),
    ],
    ids=["edited", "removed", "renamed away", "two pages", "on the second page"],
)
def test_every_path_of_the_pull_request_counts(
    files: list[dict[str, Any]], code: int, judge: Judge, github: GitHubServer, body: Body
) -> None:
    tell(github, body(), files, [])
    assert judge()[0] == code


def test_a_list_that_leaves_files_out_is_code_5(judge: Judge, github: GitHubServer, body: Body) -> None:
    tell(github, body(), [changed("docs/page.md")], [])
    github.answers[PULL][1]["changed_files"] = 3_001
    code, document = judge()
    assert code == 5
    assert "1 of 3001" in document["findings"][0]["message"]


@pytest.mark.parametrize(
    ("reviews", "code"),
    [
        ([review("ada", "APPROVED")], 0),
        ([review("Grace", "CHANGES_REQUESTED"), review("grace", "APPROVED")], 0),
        ([review("ada", "APPROVED"), review("ada", "COMMENTED")], 0),
        ([], 3),
        ([review("ada", "COMMENTED")], 3),
        ([review("ada", "APPROVED"), review("ada", "DISMISSED")], 3),
        ([review("ada", "APPROVED"), review("ada", "CHANGES_REQUESTED")], 3),
        ([review("ada", "APPROVED", OLDER)], 3),
        ([review("mallory", "APPROVED"), review("edith", "APPROVED"), review(None, "APPROVED")], 3),
        ([*(review(f"u{n}", "APPROVED") for n in range(120)), review("ada", "APPROVED")], 0),
    ],
    ids=[
        *("approved", "changed the mind", "a comment is no opinion", "nobody", "comment", "dismissed", "withdrawn"),
        *("an earlier commit", "others", "second page"),
    ],
)
def test_high_needs_a_standing_approval_of_the_head(
    reviews: list[dict[str, Any]], code: int, judge: Judge, github: GitHubServer, body: Body
) -> None:
    tell(github, body(safety="High", more=ROLLBACK), [changed("docs/page.md")], reviews)
    assert judge()[0] == code


def test_the_author_does_not_approve(judge: Judge, github: GitHubServer, body: Body) -> None:
    tell(github, body(safety="High", more=ROLLBACK), [changed("docs/page.md")], [review("ada", "APPROVED")])
    github.answers[PULL][1]["user"] = {"login": "ADA"}
    assert judge()[0] == 3


def test_a_merge_queue_finds_the_pull_request_by_its_branch(judge: Judge, github: GitHubServer, body: Body) -> None:
    event = {
        "repository": {"full_name": "o/r"},
        "merge_group": {"head_ref": f"refs/heads/gh-readonly-queue/main/pr-7-{HEAD}"},
    }
    assert judge(event)[0] == 0
    tell(github, "", [changed("docs/page.md")], [])
    assert judge(event)[0] == 3
    event["merge_group"] = {"head_ref": "refs/heads/main"}
    assert judge(event)[0] == 5


def test_a_merge_queue_without_token_is_code_5(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    event = {"repository": {"full_name": "o/r"}, "merge_group": {"head_ref": f"gh-readonly-queue/main/pr-7-{HEAD}"}}
    assert judge(event)[0] == 5


def test_the_rules_are_those_of_the_base(judge: Judge, github: GitHubServer, body: Body, rules_text: str) -> None:
    Path("ci").mkdir()
    weak = rules_text.replace('"Medium"', '"None"').replace('"Low"', '"None"')
    Path("ci/pr-rules.toml").write_text(weak)
    tell(github, body(), [changed("gridctl/safety/kernel.py")], [])
    assert judge()[0] == 3
    assert any(f"ref={BASE}" in path for _, path in github.asked)
    # A base without rules: the first change that brings them is judged by its own.
    del github.answers["/repos/o/r/contents/ci/pr-rules.toml"]
    assert judge()[0] == 0
    # The same 404 for a commit that the token cannot see is no base without rules.
    del github.answers[f"/repos/o/r/commits/{BASE}"]
    assert judge()[0] == 5


@pytest.mark.parametrize("path", [PULL, f"{PULL}/files", f"{PULL}/reviews", "/repos/o/r/contents/ci/pr-rules.toml"])
@pytest.mark.parametrize(
    "answer", [(500, {}), (403, {"message": "rate limit"}), (200, b"<html>"), (200, b""), (200, [1]), (200, {})]
)
def test_what_cannot_be_read_is_code_5(
    path: str, answer: tuple[int, Any], judge: Judge, github: GitHubServer, body: Body
) -> None:
    tell(github, body(safety="High", more=ROLLBACK), [changed("docs/page.md")], [review("ada", "APPROVED")])
    github.answers[path] = answer
    code, document = judge()
    assert (code, document["verdict"]) == (5, "error")
    assert "read-only" not in json.dumps(document)


def test_a_server_that_is_not_there_is_code_5(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    code, document = judge()
    assert code == 5
    assert "cannot be reached" in document["findings"][0]["message"]


RULES = "/repos/o/r/rules/branches/main"
DECLARED = json.loads((ROOT / ".github" / "ruleset.json").read_text())


@pytest.fixture
def ruleset(
    github: GitHubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Judge:
    """Return a caller of `pr ruleset` on a repository whose live rules are the declared ones."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".github").mkdir()
    shutil.copy(ROOT / ".github" / "ruleset.json", tmp_path / ".github")
    for name in [key for key in os.environ if key.startswith("GITHUB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GITHUB_API_URL", github.url)
    github.tell("/repos/o/r", {"default_branch": "main", "full_name": "o/r"})
    github.tell(RULES, json.loads(json.dumps(DECLARED["rules"])))
    github.tell("/repos/o/r/branches/main", {"name": "main", "protected": False})

    def call(*arguments: str) -> tuple[int, dict[str, Any]]:
        code = run(["pr", "ruleset", "--repository", "o/r", "--format", "json", *arguments])
        out = capsys.readouterr().out
        return code, json.loads(out) if out else {}

    return call


def live(github: GitHubServer, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(rule for rule in github.answers[RULES][1] if rule["type"] == kind)
    return found


def test_the_declared_rules_pass_without_a_token(ruleset: Judge, github: GitHubServer) -> None:
    code, document = ruleset()
    assert (code, document["checked"]) == (0, {"branch": "main", "required_checks": 3})
    assert github.tokens == {""}


def test_more_than_declared_passes(ruleset: Judge, github: GitHubServer) -> None:
    live(github, "pull_request")["parameters"]["required_approving_review_count"] = 2
    github.answers[RULES][1].append({"type": "required_signatures"})
    assert ruleset()[0] == 0


@pytest.mark.parametrize("context", ["gates", "tests", "real"])
def test_a_required_check_that_is_not_required_is_code_3_and_named(
    context: str, ruleset: Judge, github: GitHubServer
) -> None:
    checks = live(github, "required_status_checks")["parameters"]["required_status_checks"]
    checks[:] = [check for check in checks if check["context"] != context]
    code, document = ruleset()
    assert code == 3
    assert [(row["rule"], row["subject"]) for row in document["findings"]] == [("check-not-required", context)]
    # Classic protection of the branch counts as well.
    github.tell(
        "/repos/o/r/branches/main",
        {
            "protected": True,
            "protection": {"required_status_checks": {"checks": [{"context": context, "app_id": 15368}]}},
        },
    )
    assert ruleset()[0] == 0


def test_no_rules_at_all(ruleset: Judge, github: GitHubServer) -> None:
    github.tell(RULES, [])
    code, document = ruleset()
    assert code == 3
    assert sorted(set(rules_of(document))) == ["check-not-required", "rule-not-active"]


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("pull_request", "require_code_owner_review", False),
        ("pull_request", "required_approving_review_count", 0),
        ("pull_request", "dismiss_stale_reviews_on_push", False),
    ],
)
def test_a_weaker_rule_is_found(kind: str, key: str, value: Any, ruleset: Judge, github: GitHubServer) -> None:
    live(github, kind)["parameters"][key] = value
    code, document = ruleset()
    assert (code, rules_of(document)) == (3, ["rule-weaker"])
    assert key in document["findings"][0]["message"]


@pytest.mark.parametrize("kind", ["deletion", "non_fast_forward", "pull_request"])
def test_a_rule_that_is_not_active_is_found(kind: str, ruleset: Judge, github: GitHubServer) -> None:
    github.answers[RULES][1].remove(live(github, kind))
    code, document = ruleset()
    assert (code, rules_of(document)) == (3, ["rule-not-active"])


def test_a_check_that_any_app_may_report_is_found(ruleset: Judge, github: GitHubServer) -> None:
    del live(github, "required_status_checks")["parameters"]["required_status_checks"][0]["integration_id"]
    assert rules_of(ruleset()[1]) == ["check-of-any-app"]


@pytest.mark.parametrize("path", ["/repos/o/r", RULES, "/repos/o/r/branches/main"])
@pytest.mark.parametrize(
    "answer", [(500, {}), (404, {"message": "Not Found"}), (200, b"<html>"), (200, b"null"), (200, {})]
)
def test_settings_that_cannot_be_read_are_code_5(
    path: str, answer: tuple[int, Any], ruleset: Judge, github: GitHubServer
) -> None:
    github.answers[path] = answer
    assert ruleset()[0] == 5


def test_settings_of_a_server_that_is_not_there_are_code_5(ruleset: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    assert ruleset()[0] == 5


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "x"}', '{"name": 1', "null"])
def test_a_file_that_is_no_ruleset_is_a_wrong_call(text: str, ruleset: Judge) -> None:
    Path(".github/ruleset.json").write_text(text)
    assert ruleset()[0] == 2
    assert ruleset("--file", "missing.json")[0] == 2


def test_without_a_repository_it_is_a_wrong_call(ruleset: Judge) -> None:
    assert run(["pr", "ruleset"]) == 2
