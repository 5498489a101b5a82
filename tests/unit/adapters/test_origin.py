"""Who did it: what a run in GitHub Actions says, and what a shell does."""

import getpass
import json
from pathlib import Path

import pytest

from gridctl.adapters.origin import origin_of
from tests.support.git import git

RUN = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "77",
    "GITHUB_SERVER_URL": "https://github.example.com",
    "GITHUB_REPOSITORY": "grid/stream",
    "GITHUB_ACTOR": "ann",
    "GITHUB_TRIGGERING_ACTOR": "bob",
    "GITHUB_SHA": "c0ffee",
    "GITHUB_REF": "refs/heads/main",
}


def test_a_run_names_itself() -> None:
    origin = origin_of(RUN)
    assert origin.actor == "bob"  # who started this run, also when it is a re-run of ann's
    assert origin.ci_run_id == "77"
    assert origin.ci_run_url == "https://github.example.com/grid/stream/actions/runs/77"
    assert (origin.commit, origin.ref, origin.pull_request) == ("c0ffee", "refs/heads/main", None)


def test_a_run_of_a_pull_request_names_it() -> None:
    assert origin_of(RUN | {"GITHUB_REF": "refs/pull/12/merge"}).pull_request == 12


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("Add a field (#34)", 34),
        ("Add a field (#34)\n\nbecause of (#9)", 34),
        ("Merge pull request #56 from grid/branch\n\nAdd", 56),
        ("Add a field", None),
        ("Undo (#7) again", None),
        ("Add a field\n\nas in (#9)", None),
    ],
)
def test_a_push_names_the_pull_request_that_it_merges(tmp_path: Path, message: str, number: int | None) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"head_commit": {"message": message}}))
    assert origin_of(RUN | {"GITHUB_EVENT_PATH": str(event)}).pull_request == number


@pytest.mark.parametrize("content", ["", "[]", '{"head_commit": null}', '{"head_commit": {"message": 1}}'])
def test_a_payload_that_says_nothing_is_no_error(tmp_path: Path, content: str) -> None:
    event = tmp_path / "event.json"
    event.write_text(content)
    assert origin_of(RUN | {"GITHUB_EVENT_PATH": str(event)}).pull_request is None


def test_a_shell_has_a_login_and_the_commit_around_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    origin = origin_of({})
    assert (origin.actor, origin.commit, origin.ci_run_id) == (getpass.getuser(), None, None)
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "x")
    assert origin_of({}).commit == git(tmp_path, "rev-parse", "HEAD")
