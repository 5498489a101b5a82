"""The options of `gridctl simulate`: a file is --to, a format is --output; the old names still work, with a warning."""

import json
from pathlib import Path

import pytest

from tests.support.command import call

ONE = ["simulate", "chargers", "--devices", "1"]


@pytest.mark.parametrize(
    ("words", "renamed"),
    [
        ([*ONE, "--to", "file"], ""),
        ([*ONE, "--output", "file"], "--output FILE is now --to FILE"),
        (["simulate", "assets", "--chargers", "1", "--to", "file"], ""),
        (["simulate", "assets", "--chargers", "1", "--output", "file"], "--output is now --to"),
    ],
)
def test_lines_go_to_a_file(words: list[str], renamed: str, tmp_path: Path) -> None:
    done = call(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads((tmp_path / "file").read_text())["device_id"] == "ev-0000001"
    assert done.stderr.startswith(f"warning: {renamed}") if renamed else done.stderr == ""


@pytest.mark.parametrize("words", [["--account", "a", "-o", "json"], ["--ledger", "a", "--format", "json"]])
def test_an_account_is_kept_in_a_file_and_printed_in_a_format(words: list[str], tmp_path: Path) -> None:
    done = call("simulate", "scada", "--duration", 0, *words, cwd=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout) == json.loads((tmp_path / "a").read_text())
    assert ("--ledger is now --account" in done.stderr) == ("--ledger" in words)
    assert ("--format is now --output" in done.stderr) == ("--format" in words)


@pytest.mark.parametrize("words", [["--start", "2026-01-15T00:00:00Z"], ["--to", "-", "--mqtt", "127.0.0.1:1"]])
def test_what_is_for_the_other_way_of_sending_is_a_wrong_call(words: list[str], tmp_path: Path) -> None:
    done = call(*ONE, *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "next: leave out" in done.stderr
