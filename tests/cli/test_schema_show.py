"""`gridctl schema lint`, `drift`, `diff`, `list`, `history` and `show`, as a user calls them."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.command import call
from tests.support.paths import SCHEMAS
from tests.support.registry_process import registry_process

V1 = {
    "type": "record",
    "name": "Meter",
    "namespace": "gridstream.meters",
    "doc": "A meter.",
    "fields": [{"name": "power_w", "type": "int", "doc": "Power."}],
}
V2 = {**V1, "fields": [{"name": "power_w", "type": "long", "doc": "Power."}, {"name": "id", "type": "string"}]}


def run(*words: str | Path, cwd: Path, code: int = 0) -> "subprocess.CompletedProcess[str]":
    done = call("schema", *words, cwd=cwd)
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def told(*words: str | Path, cwd: Path, code: int = 0) -> Any:
    return json.loads(run(*words, cwd=cwd, code=code).stdout)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a directory whose `tree` has one subject with two versions; the second one breaks rules."""
    subject = tmp_path / "tree" / "grid.meter-value"
    subject.mkdir(parents=True)
    (subject / "v1.avsc").write_text(json.dumps(V1, indent=2))
    (subject / "v2.avsc").write_text(json.dumps(V2, indent=2))
    return tmp_path


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    """Start the embedded registry with both versions; yield its URL."""
    with registry_process() as url:
        put(f"{url}/config/grid.meter-value", {"compatibility": "NONE"}, "PUT")
        for schema in (V1, V2):
            put(f"{url}/subjects/grid.meter-value/versions", {"schema": json.dumps(schema)}, "POST")
        put(f"{url}/subjects/other-value/versions", {"schema": '"int"'}, "POST")
        yield url


def put(url: str, body: dict[str, str], method: str) -> None:
    httpx.request(method, url, json=body, trust_env=False, timeout=10).raise_for_status()


def test_lint_names_the_place_and_exits_3(tree: Path) -> None:
    done = run("lint", "--schemas", "tree", "--format", "text", cwd=tree, code=3)
    assert done.stdout.splitlines()[0] == "tree/grid.meter-value/v2.avsc:12:5: error[doc]"
    document = told("lint", "--schemas", "tree", "--format", "json", cwd=tree, code=3)
    assert document["verdict"] == "fail"
    assert document["checked"] == {"schemas": "tree", "subjects": 1, "versions": 2, "topics_toml": "not there"}
    assert [(each["rule"], each["version"], each["path"]) for each in document["findings"]] == [("doc", 2, "/fields/1")]


@pytest.mark.parametrize("gate", ["lint", "drift"])
@pytest.mark.parametrize("form", ["sarif", "junit", "github"])
def test_the_gates_speak_every_format(gate: str, form: str, tree: Path) -> None:
    assert run(gate, "--schemas", "tree", "--format", form, cwd=tree, code=3).stdout


def test_lint_applies_topics_toml_where_it_is(tree: Path) -> None:
    shutil.copy(SCHEMAS / "topics.toml", tree / "tree" / "topics.toml")
    document = told("lint", "--schemas", "tree", "--format", "json", cwd=tree, code=3)
    assert document["checked"]["topics_toml"] == "applied"
    assert "priority-tag" in {each["rule"] for each in document["findings"]}
    (tree / "tree" / "topics.toml").write_text("[[topic")
    run("lint", "--schemas", "tree", cwd=tree, code=2)


@pytest.mark.parametrize("gate", ["lint", "drift"])
def test_no_tree_and_an_empty_tree_are_no_pass(gate: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("absent", "empty"):
        document = told(gate, "--schemas", name, "--format", "json", cwd=tmp_path, code=5)
        assert document["verdict"] == "error"


def test_drift_sees_an_edit_of_our_schemas(tmp_path: Path) -> None:
    shutil.copytree(SCHEMAS, tmp_path / "ours")
    run("drift", "--schemas", "ours", cwd=tmp_path)
    file = tmp_path / "ours" / "iot.thermostat-value" / "v1.avsc"
    text = file.read_text()
    file.write_text(text.replace('"humidity_pct"', '"humidity_permille"').replace('"HEAT",', ""))
    document = told("drift", "--schemas", "ours", "--format", "json", cwd=tmp_path, code=3)
    assert {each["rule"] for each in document["findings"]} == {"unit-in-name", "symbols"}
    line = 1 + text[: text.index('"humidity_pct"')].count("\n")
    assert line in {each["line"] for each in document["findings"]}


def test_diff_of_two_files(tree: Path) -> None:
    v1, v2 = "tree/grid.meter-value/v1.avsc", "tree/grid.meter-value/v2.avsc"
    document = told("diff", v1, v2, "-o", "json", cwd=tree)
    assert (document["old"], document["new"]) == (v1, v2)
    assert [(each["kind"], each["path"]) for each in document["changes"]] == [
        ("type-widened", "power_w"),
        ("field-added", "id"),
    ]
    assert document["new_reads_old"]["compatible"] is False
    assert document["old_reads_new"]["compatible"] is False
    table = run("diff", v1, v2, cwd=tree).stdout
    assert "type-widened" in table
    assert "the new one reads data of the old one: no\n  the reader's field id has no default" in table
    assert "no difference" in run("diff", v1, v1, cwd=tree).stdout
    assert run("diff", v1, v2, "-o", "yaml", cwd=tree).stdout.startswith("old: tree/")


def test_diff_of_two_versions(tree: Path, registry: str) -> None:
    document = told("diff", "grid.meter-value", "v1", "2", "--schemas", "tree", "-o", "json", cwd=tree)
    assert (document["old"], document["new"]) == ("grid.meter-value v1", "grid.meter-value v2")
    assert len(document["changes"]) == 2
    assert told("diff", "grid.meter-value", "v1", "v2", "--registry", registry, "-o", "json", cwd=tree) == document


@pytest.mark.parametrize(
    "words",
    [
        ("diff", "tree/grid.meter-value/v1.avsc"),
        ("diff", "tree/grid.meter-value/v1.avsc", "absent.avsc"),
        ("diff", "grid.meter-value", "v1", "v3", "--schemas", "tree"),
        ("diff", "grid.meter-value", "v1", "vx", "--schemas", "tree"),
        ("diff", "none-value", "v1", "v2", "--schemas", "tree"),
        ("diff", "tree/grid.meter-value/v1.avsc", "tree/grid.meter-value/v1.avsc", "--schemas", "tree"),
        ("show", "none-value", "--schemas", "tree"),
        ("show", "grid.meter-value", "--version", "3", "--schemas", "tree"),
        ("show", "grid.meter-value", "--schemas", "tree", "--registry", "http://127.0.0.1:1"),
        ("history", "none-value", "--schemas", "tree"),
        ("list", "--schemas", "absent"),
    ],
)
def test_wrong_calls_are_usage_problems(words: tuple[str, ...], tree: Path) -> None:
    done = run(*words, cwd=tree, code=2)
    assert done.stdout == ""
    assert "next: " in done.stderr


def test_a_file_that_is_no_schema_is_named_with_its_place(tree: Path) -> None:
    (tree / "tree" / "grid.meter-value" / "v3.avsc").write_text('{"type": "record",\n "name": }')
    for words in (("show", "grid.meter-value"), ("history", "grid.meter-value")):
        done = run(*words, "--schemas", "tree", cwd=tree, code=2)
        assert "tree/grid.meter-value/v3.avsc:2:10" in done.stderr


@pytest.mark.parametrize("words", [("list",), ("show", "a-value"), ("history", "a-value"), ("diff", "a", "1", "2")])
def test_a_registry_that_does_not_answer_is_exit_5(words: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*words, "--registry", "http://127.0.0.1:1", cwd=tmp_path, code=5)
    assert "127.0.0.1:1" in done.stderr


def test_list_of_a_tree_and_of_a_registry(tree: Path, registry: str) -> None:
    document = told("list", "--schemas", "tree", "-o", "json", cwd=tree)
    row = {"subject": "grid.meter-value", "version": 2, "versions": 2, "id": None, "level": "BACKWARD_TRANSITIVE"}
    assert document == {"source": "tree", "subjects": [row]}
    registered = told("list", "--registry", registry, "-o", "json", cwd=tree)
    assert registered["source"] == registry
    meter, other = registered["subjects"]
    assert meter == {**row, "id": meter["id"], "level": "NONE"}
    assert isinstance(meter["id"], int)
    assert (other["subject"], other["level"]) == ("other-value", None)
    assert "grid.meter-value" in run("list", "--schemas", "tree", cwd=tree).stdout


def test_history_tells_what_changed(tree: Path, registry: str) -> None:
    document = told("history", "grid.meter-value", "--schemas", "tree", "-o", "json", cwd=tree)
    first, second = document["versions"]
    assert (first["version"], first["changes"], first["new_reads_old"]) == (1, [], None)
    assert [each["kind"] for each in second["changes"]] == ["type-widened", "field-added"]
    assert second["place"] == "tree/grid.meter-value/v2.avsc"
    registered = told("history", "grid.meter-value", "--registry", registry, "-o", "json", cwd=tree)["versions"]
    assert [each["changes"] for each in registered] == [first["changes"], second["changes"]]
    assert [isinstance(each["id"], int) for each in registered] == [True, True]
    table = run("history", "grid.meter-value", "--schemas", "tree", cwd=tree).stdout
    assert "the first version" in table
    assert "type widened" in table


def test_show_prints_a_schema_that_is_a_schema(tree: Path, registry: str) -> None:
    assert json.loads(run("show", "grid.meter-value", "--schemas", "tree", cwd=tree).stdout) == V2
    document = told("show", "grid.meter-value", "--version", "1", "--registry", registry, "-o", "json", cwd=tree)
    assert document["schema"] == V1
    assert document.keys() == {"subject", "version", "id", "place", "schema", "references"}
    shown = run("show", "iot.thermostat-value", cwd=tree).stdout
    assert json.loads(shown) == json.loads((SCHEMAS / "iot.thermostat-value" / "v1.avsc").read_text())


def test_a_password_in_the_address_is_not_printed(tree: Path, registry: str) -> None:
    secret = registry.replace("://", "://user:geheim@")
    for words in (("list",), ("history", "grid.meter-value"), ("show", "grid.meter-value")):
        done = run(*words, "--registry", secret, "-o", "json", cwd=tree)
        assert registry in done.stdout
        assert "geheim" not in done.stdout + done.stderr
    refused = run("list", "--registry", "http://user:geheim@127.0.0.1:1", cwd=tree, code=5)
    assert "geheim" not in refused.stderr


def test_files_are_named_as_from_where_one_stands(tree: Path) -> None:
    (tree / "gridctl.toml").write_text('[profile.default]\nschemas = "tree"\n')
    for gate in ("lint", "drift"):
        assert told(gate, "--format", "json", cwd=tree, code=3)["checked"]["schemas"] == "tree"
    assert told("list", "-o", "json", cwd=tree)["source"] == "tree"
