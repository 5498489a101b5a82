"""The schema commands on AWS Glue (moto): in this process, where moto answers boto3's calls."""

import json
import shutil
from pathlib import Path

import pytest

from gridctl.adapters.glue import GlueRegistry
from gridctl.cli.main import run
from gridctl.contracts.audit import AUDIT_SUBJECT
from tests.running_stack import RunningStack
from tests.support.moto_glue import REGION, glue_account
from tests.support.paths import SCHEMAS

URL = f"glue://{REGION}/grid"
SUBJECT = "t.value"


def record(*fields: object) -> str:
    return json.dumps({"type": "record", "name": "R", "namespace": "gridstream.t", "fields": list(fields)}, indent=2)


A, B = {"name": "a", "type": "int"}, {"name": "b", "type": "int"}
VERSIONS = [record(A), record(A, B | {"default": 0}), record(A, B)]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    directory = tmp_path / "schemas" / SUBJECT
    directory.mkdir(parents=True)
    for number, text in enumerate(VERSIONS, 1):
        (directory / f"v{number}.avsc").write_text(text)
    return tmp_path / "schemas"


def test_a_version_that_reads_the_second_and_not_the_first_fails_beside_glue(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with glue_account("grid"):
        with GlueRegistry(URL) as registry:
            for text in VERSIONS[:2]:
                registry.register(SUBJECT, text)
        code = run(["schema", "check", "--schemas", str(tree), "--registry", URL, "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    assert (code, document["verdict"]) == (3, "fail")
    found = [finding for finding in document["findings"] if finding["rule"] == "reader_field_missing_default_value"]
    assert {(finding["version"], finding["against"]) for finding in found} == {(3, 1)}
    assert found[0]["file"].endswith("v3.avsc")
    assert "b" in found[0]["message"]
    assert '"b"' in "".join(VERSIONS[2].splitlines()[found[0]["line"] - 1 :][:2])


def test_what_only_glue_holds_counts(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The tree has lost its history; Glue has not."""
    (tree / SUBJECT / "v2.avsc").unlink()
    (tree / SUBJECT / "v3.avsc").rename(tree / SUBJECT / "v1.avsc")
    with glue_account("grid"):
        with GlueRegistry(URL) as registry:
            registry.register(SUBJECT, VERSIONS[0])
        code = run(["schema", "check", "--schemas", str(tree), "--registry", URL, "--format", "json"])
    assert code == 3
    assert json.loads(capsys.readouterr().out)["findings"]


def test_glue_that_is_not_there_is_no_pass(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / SUBJECT / "v3.avsc").unlink()
    with glue_account():
        assert run(["schema", "check", "--schemas", str(tree), "--registry", URL, "--format", "json"]) == 5
    assert json.loads(capsys.readouterr().out)["verdict"] == "error"


def test_a_plan_for_glue_refuses_what_is_incompatible_before_anything_is_written(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with glue_account("grid") as behaviour:
        assert run(["schema", "register", "--schemas", str(tree), "--registry", URL]) == 3
        (tree / SUBJECT / "v3.avsc").unlink()
        assert run(["schema", "register", "--schemas", str(tree), "--registry", URL, "-o", "json"]) == 0
        with GlueRegistry(URL) as registry:
            assert registry.subjects() == []
        assert behaviour.deleted == []
    assert [step["version"] for step in json.loads(capsys.readouterr().out)["steps"]] == [1, None, 2]


@pytest.mark.stack
def test_registering_in_glue_is_recorded_in_the_ledger_and_verified_beside_it(
    stack: RunningStack, tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / SUBJECT / "v3.avsc").unlink()
    shutil.copytree(SCHEMAS / AUDIT_SUBJECT, tree / AUDIT_SUBJECT)
    for name, value in stack.variables.items():
        monkeypatch.setenv(name, value)
    register = ["schema", "register", "--schemas", str(tree), "--registry", URL, "--execute", "-o", "json"]
    verify = ["audit", "verify", "--registry", URL, "--format", "json"]
    with glue_account("grid"):
        assert run(register) == 0
        first = json.loads(capsys.readouterr().out)
        assert run(register) == 0
        second = json.loads(capsys.readouterr().out)
        assert run(verify) == 0
        assert json.loads(capsys.readouterr().out)["checked"]["registry"] == URL
        with GlueRegistry(URL) as registry:
            registry.register("t.out-of-band", VERSIONS[0])
        assert run(verify) == 3
        (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (len(first["steps"]), second["steps"], second["head"]) == (5, [], first["head"])
    assert (finding["rule"], finding["subject"]) == ("registry-unexplained", "t.out-of-band")
    beside_ours = json.loads(stack.run("audit", "verify", "--format", "json", check=False).stdout)["findings"]
    assert not [each for each in beside_ours if each["subject"] in (SUBJECT, "t.out-of-band")]
