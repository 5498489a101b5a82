"""`gridctl schema compat`, as a user and as another judge's script call it."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import call
from tests.support.paths import GRIDCTL

OLD = '{"type": "record", "name": "R", "fields": [\n  {"name": "a", "type": "int"}\n]}\n'
WIDER = OLD.replace('"int"', '"long"')
GROWN = OLD.replace('"int"}', '"int"},\n  {"name": "b", "type": "int"}')


def run(*words: str | Path, stdin: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return call("schema", "compat", *words, stdin=stdin, cwd=cwd or Path.cwd())


def answers(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in (("old", OLD), ("wider", WIDER), ("grown", GROWN)):
        (tmp_path / f"{name}.avsc").write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("reader", "writer", "level", "code"),
    [
        ("wider", "old", None, 0),
        ("old", "wider", None, 3),
        ("old", "wider", "FORWARD", 0),
        ("wider", "old", "FORWARD", 3),
        ("wider", "old", "full", 3),
        ("old", "old", "FULL_TRANSITIVE", 0),
        ("grown", "old", "BACKWARD_TRANSITIVE", 3),
        ("grown", "old", "NONE", 0),
    ],
)
def test_the_level_says_who_reads_whom(files: Path, reader: str, writer: str, level: str | None, code: int) -> None:
    options = ("--level", level) if level else ()
    done = run(f"{reader}.avsc", f"{writer}.avsc", *options, cwd=files)
    assert done.returncode == code, done.stdout + done.stderr


def test_a_finding_names_file_line_and_column(files: Path) -> None:
    done = run("grown.avsc", "old.avsc", cwd=files)
    assert done.stdout.splitlines()[0] == "grown.avsc:3:3: error[reader_field_missing_default_value]"
    document = json.loads(run("grown.avsc", "old.avsc", "--format", "json", cwd=files).stdout)
    (finding,) = document["findings"]
    assert (document["verdict"], finding["path"], finding["file"]) == ("fail", "/fields/1", "grown.avsc")
    assert "field b" in finding["message"]


def test_a_file_that_is_no_schema_is_a_finding_with_its_place(files: Path) -> None:
    (files / "broken.avsc").write_text('{"type": "record",\n "name": }')
    (files / "wrong.avsc").write_text('{"type": "record", "name": "R", "fields": [\n {"name": "a", "type": "nope"}]}')
    broken = run("broken.avsc", "old.avsc", cwd=files)
    assert broken.returncode == 3
    assert broken.stdout.startswith("broken.avsc:2:10: error[invalid-schema]")
    wrong = run("old.avsc", "wrong.avsc", cwd=files)
    assert wrong.returncode == 3
    assert wrong.stdout.startswith("wrong.avsc:2:24: error[invalid-schema]")


@pytest.mark.parametrize(
    "words",
    [(), ("old.avsc",), ("old.avsc", "absent.avsc"), ("--pairs", "absent"), ("old.avsc", "--pairs", "-"),
     ("--pairs", "-", "--format", "json"), ("old.avsc", "old.avsc", "--level", "SOME")],
)  # fmt: skip
def test_wrong_calls_are_usage_problems(files: Path, words: tuple[str, ...]) -> None:
    done = run(*words, cwd=files)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_references_lead_into_the_tree_around_the_file(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "v1.avsc").write_text('{"type": "enum", "name": "x.E", "symbols": ["A"]}')
    (tmp_path / "user").mkdir()
    text = '{"type": "record", "name": "R", "fields": [{"name": "e", "type": "x.E"}]}'
    (tmp_path / "user" / "v1.avsc").write_text(text)
    unresolved = run(tmp_path / "user" / "v1.avsc", tmp_path / "user" / "v1.avsc")
    assert unresolved.returncode == 3
    references = [{"name": "x.E", "subject": "shared", "version": 1}]
    (tmp_path / "user" / "v1.references.json").write_text(json.dumps(references))
    resolved = run(tmp_path / "user" / "v1.avsc", tmp_path / "user" / "v1.avsc")
    assert resolved.returncode == 0, resolved.stdout + resolved.stderr


def test_pairs_are_answered_in_order_whatever_the_verdicts() -> None:
    old, wider = json.loads(OLD), json.loads(WIDER)
    pairs = [
        {"id": 1, "reader": wider, "writer": old},
        {"id": "two", "reader": old, "writer": wider},
        {"id": None, "reader": "long", "writer": "int"},
        {"id": [4], "reader": OLD, "writer": OLD},
    ]
    done = run("--pairs", "-", stdin="".join(json.dumps(pair) + "\n" for pair in pairs).encode())
    assert done.returncode == 0, done.stderr
    found = answers(done)
    assert [(answer["id"], answer["compatible"]) for answer in found] == [
        (1, True), ("two", False), (None, True), ([4], True),
    ]  # fmt: skip
    assert found[0]["findings"] == []
    assert found[1]["findings"][0]["rule"] == "type_mismatch"
    assert found[1]["findings"][0]["path"] == "/fields/0/type"


def test_pairs_take_a_level() -> None:
    line = json.dumps({"id": 1, "reader": "long", "writer": "int"}).encode()
    assert answers(run("--pairs", "-", "--level", "FORWARD", stdin=line))[0]["compatible"] is False
    assert answers(run("--pairs", "-", stdin=line))[0]["compatible"] is True


@pytest.mark.parametrize(
    "line",
    [b"garbage", b"[1]", b'"int"', b'{"id": 9, "reader": "int"}', b'{"id": 9, "reader": "int", "writer": NaN}',
     b'{"id": 9, "reader": {"type": "recor"}, "writer": "int"}', b'{"id": 9, "reader": "\xff", "writer": "int"}',
     b'{"id": 9, "reader": "int", "writer": ' + b"[" * 5000 + b"]" * 5000 + b"}"],
)  # fmt: skip
def test_a_broken_line_is_answered_and_nothing_after_it_is_lost(line: bytes) -> None:
    good = b'{"id": "good", "reader": "long", "writer": "int"}\n'
    done = run("--pairs", "-", stdin=good + line + b"\n\n" + good)
    first, broken, last = answers(done)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert first["compatible"] is last["compatible"] is True
    assert broken["compatible"] is None
    assert broken["error"].startswith("line 2: ")
    assert "error" not in first


def test_thousands_of_pairs_a_second(tmp_path: Path) -> None:
    lines = "".join(json.dumps({"id": at, "reader": WIDER, "writer": OLD}) + "\n" for at in range(4000))
    (tmp_path / "pairs.jsonl").write_text(lines)
    begin = time.process_time()
    done = run("--pairs", tmp_path / "pairs.jsonl")
    assert len(answers(done)) == 4000
    assert time.process_time() - begin < 2


def test_the_example_of_the_help_answers_a_pipe() -> None:
    command = f"""echo '{{"id": 1, "reader": "long", "writer": "int"}}' | {GRIDCTL} schema compat --pairs -"""
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, json.loads(done.stdout)["compatible"]) == (0, True)
