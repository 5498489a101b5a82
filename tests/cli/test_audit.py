"""`gridctl audit` on the stack: the chain, the registry beside it, and exported files."""

import json
from pathlib import Path

import httpx
import pytest

from tests.running_stack import RunningStack
from tests.support.paths import SCHEMAS

pytestmark = [pytest.mark.stack]

SCHEMA = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]})


@pytest.fixture
def exported(stack: RunningStack, tmp_path: Path) -> Path:
    path = tmp_path / "ledger.jsonl"
    path.write_text(stack.run("audit", "export").stdout)
    return path


def verdict(stack: RunningStack, *arguments: object, code: int) -> dict[str, object]:
    done = stack.run("audit", "verify", *arguments, "--format", "json", check=False)
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    document: dict[str, object] = json.loads(done.stdout)
    return document


def rules(document: dict[str, object]) -> list[str]:
    findings = document["findings"]
    assert isinstance(findings, list)
    return [finding["rule"] for finding in findings]


@pytest.mark.embedded
def test_a_fresh_stack_verifies_until_somebody_registers_with_plain_http(own_stack: RunningStack) -> None:
    checked = verdict(own_stack, code=0)["checked"]
    assert isinstance(checked, dict)
    assert checked["entries"] >= 2 * len(list((SCHEMAS).glob("*-value")))
    assert verdict(own_stack, "--head", checked["head"], code=0)["verdict"] == "pass"
    subject = "t.out-of-band-value"
    url = f"{own_stack.registry}/subjects/{subject}/versions"
    httpx.post(url, json={"schema": SCHEMA}, trust_env=False).raise_for_status()
    document = verdict(own_stack, code=3)
    assert rules(document) == ["registry-unexplained"]
    assert subject in json.dumps(document)
    own_stack.run("schema", "register", "--execute", "--adopt", "a test registered it")
    assert verdict(own_stack, code=0)["verdict"] == "pass"


def test_a_head_of_entries_that_are_not_there_is_a_cut_off_tail(stack: RunningStack) -> None:
    assert rules(verdict(stack, "--head", f"999999:{'a' * 64}", code=3))[0] == "audit-cut-off"


def test_an_exported_ledger_verifies_without_a_broker(stack: RunningStack, exported: Path) -> None:
    document = verdict(stack, "--file", exported, code=0)
    entries = [json.loads(line) for line in exported.read_text().splitlines()]
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    assert {entry["action"] for entry in entries} >= {"schema.register", "schema.level"}
    head = f"{entries[-1]['sequence']}:{entries[-1]['entry_hash']}"
    assert document["checked"] == {"entries": len(entries), "head": head, "file": str(exported)}


def test_one_flipped_byte_is_found_and_its_line_named(stack: RunningStack, exported: Path) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    at = lines[4].index(b'"after"') + 20
    lines[4] = lines[4][:at] + bytes([lines[4][at] ^ 1]) + lines[4][at + 1 :]
    exported.write_bytes(b"".join(lines))
    document = verdict(stack, "--file", exported, code=3)
    assert isinstance(document["findings"], list)
    assert {(finding["file"], finding["line"]) for finding in document["findings"]} == {(str(exported), 5)}


def test_a_cut_off_last_entry_is_found_with_the_head(stack: RunningStack, exported: Path) -> None:
    lines = exported.read_bytes().splitlines(keepends=True)
    last = json.loads(lines[-1])
    exported.write_bytes(b"".join(lines[:-1]))
    assert rules(verdict(stack, "--file", exported, code=0)) == []
    document = verdict(stack, "--file", exported, "--head", f"{last['sequence']}:{last['entry_hash']}", code=3)
    assert rules(document) == ["audit-cut-off"]


def test_an_empty_file_is_no_pass(stack: RunningStack, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert rules(verdict(stack, "--file", tmp_path / "empty", code=3)) == ["audit-beginning"]
    assert stack.run("audit", "verify", "--file", tmp_path / "absent", check=False).returncode == 2


def test_an_export_by_time(stack: RunningStack, tmp_path: Path) -> None:
    assert stack.run("audit", "export", "--until", "2020-01-01").stdout == ""
    whole = stack.run("audit", "export").stdout
    assert stack.run("audit", "export", "--since", "2020-01-01", "--until", "2999-01-01T00:00Z").stdout == whole
    assert stack.run("audit", "export", "--since", "yesterday", check=False).returncode == 2


def test_a_broker_or_registry_that_is_away_is_no_pass(stack: RunningStack) -> None:
    for setting in ("bootstrap=127.0.0.1:9", "registry=http://127.0.0.1:9"):
        done = stack.run("-X", setting, "audit", "verify", "--format", "json", check=False)
        assert done.returncode == 5
        assert json.loads(done.stdout)["verdict"] == "error"
