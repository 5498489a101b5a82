"""`gridctl schema check` as CI calls it: real files, a real git repository, a real registry."""

import json
import os
import subprocess
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.command import call
from tests.support.git import git
from tests.support.paths import GRIDCTL

A = '{"name": "a", "type": "int"}'
B = '{"name": "b", "type": "int"}'
B_DEFAULT = '{"name": "b", "type": "int", "default": 0}'


def record(*fields: str) -> str:
    return '{"type": "record", "name": "R", "fields": [\n  ' + ",\n  ".join(fields) + "\n]}\n"


THREE = (record(A), record(A, B_DEFAULT), record(A, B))
"""The third reads the second, not the first."""


def write(tree: Path, subject: str, *texts: str) -> Path:
    (tree / subject).mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts, 1):
        (tree / subject / f"v{number}.avsc").write_text(text)
    return tree


def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return call("schema", "check", *words, cwd=cwd)


def document(*words: str | Path, cwd: Path, code: int) -> dict[str, Any]:
    done = run(*words, "--format", "json", cwd=cwd)
    assert done.returncode == code, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def marks(found: dict[str, Any]) -> list[tuple[str, int | None, int | None]]:
    return [(each["rule"], each["version"], each["against"]) for each in found["findings"]]


def test_a_tree_alone_needs_no_profile_no_topics_and_no_git(tmp_path: Path) -> None:
    write(tmp_path / "any", "s", *THREE[:2])
    done = run("--schemas", "any", cwd=tmp_path)
    assert done.returncode == 0
    assert "s (BACKWARD_TRANSITIVE)\n    v1\n v2 ok\n" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("schema-check: pass")


def test_the_third_version_that_does_not_read_the_first(tmp_path: Path) -> None:
    write(tmp_path / "schemas", "s", *THREE)
    done = run(cwd=tmp_path)
    assert done.returncode == 3
    assert "schemas/s/v3.avsc:3:3: error[reader_field_missing_default_value]" in done.stdout.splitlines()
    assert "v3 cannot read what v1 wrote: the reader's field b" in done.stdout
    assert run("--level", "backward", cwd=tmp_path).returncode == 0
    found = document(cwd=tmp_path, code=3)
    assert marks(found) == [("reader_field_missing_default_value", 3, 1)]
    assert found["findings"][0]["file"] == "schemas/s/v3.avsc"


def test_the_tree_of_the_profile_is_named_as_seen_from_here(tmp_path: Path) -> None:
    write(tmp_path / "contracts", "s", *THREE)
    (tmp_path / "gridctl.toml").write_text('[profile.default]\nschemas = "contracts"\n')
    assert document(cwd=tmp_path, code=3)["findings"][0]["file"] == "contracts/s/v3.avsc"


def test_a_narrow_terminal_does_not_wrap_a_place(tmp_path: Path) -> None:
    deep = "a-name-that-is-long-enough-for-any-terminal" * 4
    write(tmp_path / "schemas", deep, *THREE)
    done = subprocess.run([GRIDCTL, "schema", "check"], cwd=tmp_path, env={**os.environ, "COLUMNS": "40"},
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert f"schemas/{deep}/v3.avsc:3:3: error[reader_field_missing_default_value]" in done.stdout.splitlines()


def test_paths_name_subjects(tmp_path: Path) -> None:
    tree = write(write(tmp_path / "t", "bad", *THREE), "good", *THREE[:2])
    assert run("t/good", cwd=tmp_path).returncode == 0
    assert run("t/good/v1.avsc", "t/good/v2.avsc", cwd=tmp_path).returncode == 0
    assert run("t/bad/v1.avsc", cwd=tmp_path).returncode == 3
    assert run("t/good", "t/bad", cwd=tmp_path).returncode == 3
    assert run("t", cwd=tmp_path).returncode == 3
    assert run("t/good", "--schemas", "t", cwd=tmp_path).returncode == 0
    assert run(".", cwd=tree / "good").returncode == 0
    assert document("t/good", cwd=tmp_path, code=0)["checked"]["subjects"] == 1


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    write(tmp_path / "t", "s", *THREE[:2])
    (tmp_path / "words.txt").write_text("words")
    assert run("absent", cwd=tmp_path).returncode == 2
    assert run("words.txt", cwd=tmp_path).returncode == 2
    assert run("t/s", "--schemas", ".", cwd=tmp_path).returncode == 2
    assert run("t/gone/v1.avsc", cwd=tmp_path).returncode == 5


@pytest.mark.parametrize("words", [(), ("--schemas", "absent"), ("--schemas", "empty"), ("empty",)])
def test_no_tree_and_an_empty_tree_are_not_a_pass(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "empty").mkdir()
    found = document(*words, cwd=tmp_path, code=5)
    assert (found["verdict"], marks(found)) == ("error", [("could-not-check", None, None)])


def test_gaps_strays_and_broken_files(tmp_path: Path) -> None:
    tree = write(tmp_path / "schemas", "s", *THREE[:2])
    (tree / "s" / "v4.avsc").write_text('{"type": "record",\n "name": }')
    (tree / "s" / "V3.avsc").write_text(THREE[1])
    (tree / "s" / "deeper").mkdir()
    (tree / "s" / "deeper" / "v1.avsc").write_text(THREE[1])
    found = document(cwd=tmp_path, code=3)
    assert {(each["rule"], each["file"], each["line"]) for each in found["findings"]} == {
        ("version-gap", "schemas/s/v4.avsc", 1),
        ("invalid-schema", "schemas/s/v4.avsc", 2),
        ("stray-file", "schemas/s/V3.avsc", 1),
        ("stray-file", "schemas/s/deeper/v1.avsc", 1),
    }


def test_a_file_that_cannot_be_read_is_not_a_pass(tmp_path: Path) -> None:
    tree = write(tmp_path / "schemas", "s", *THREE[:2])
    (tree / "s" / "v3.avsc").symlink_to("nowhere")
    assert run(cwd=tmp_path).returncode == 2
    (tree / "s" / "v3.avsc").unlink()
    (tree / "s" / "v3.avsc").write_bytes(b'"\xff"')
    done = run(cwd=tmp_path)
    assert (done.returncode, "v3.avsc" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


def test_a_subject_may_be_a_link_to_a_directory(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere", "s", *THREE)
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "s").symlink_to(tmp_path / "elsewhere" / "s")
    assert run(cwd=tmp_path).returncode == 3


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A branch `work` that left `main` where it holds v1 and v2; the tree lies in a directory of the repository."""
    write(tmp_path / "app" / "schemas", "s", *THREE[:2])
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "checkout", "-q", "-b", "work")
    return tmp_path / "app"


def test_beside_a_base_nothing_published_has_changed(clone: Path) -> None:
    write(clone / "schemas", "s", *THREE[:2], record(A, B_DEFAULT))
    found = document("--base", "main", cwd=clone, code=0)
    assert (found["checked"]["base"], found["checked"]["base_versions"]) == ("main", 2)


def test_beside_a_base_an_edit_and_a_deletion_are_found(clone: Path) -> None:
    (clone / "schemas" / "s" / "v1.avsc").write_text(record('{"name": "a", "type": "int", "doc": "words"}'))
    found = document("--base", "main", cwd=clone, code=3)
    assert marks(found) == [("version-edited", 1, None)]
    assert (found["findings"][0]["file"], found["findings"][0]["line"]) == ("schemas/s/v1.avsc", 2)
    assert run(cwd=clone).returncode == 0  # which only the base can tell
    (clone / "schemas" / "s" / "v2.avsc").unlink()
    assert marks(document("--base", "main", cwd=clone, code=3))[1:] == [("version-deleted", 2, None)]
    assert marks(document("--base", "main", "schemas/s/v2.avsc", cwd=clone, code=3))[1:] == [
        ("version-deleted", 2, None)
    ]


def test_beside_a_base_a_tree_that_is_gone_altogether(clone: Path) -> None:
    git(clone, "rm", "-rq", "schemas")
    assert marks(document("--base", "main", cwd=clone.parent, code=5)) == [("could-not-check", None, None)]
    found = document("--base", "main", "--schemas", "app/schemas", cwd=clone.parent, code=3)
    assert marks(found) == [("version-deleted", 1, None), ("version-deleted", 2, None)]


def test_a_base_that_went_on(clone: Path) -> None:
    git(clone, "checkout", "-q", "main")
    write(clone / "schemas", "s", *THREE[:2], record(A, B_DEFAULT, '{"name": "c", "type": "int", "default": 0}'))
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "third")
    git(clone, "checkout", "-q", "work")
    assert run("--base", "main", cwd=clone).returncode == 0
    write(clone / "schemas", "s", *THREE[:2], record(A, B_DEFAULT, '{"name": "d", "type": "int", "default": 0}'))
    assert marks(document("--base", "main", cwd=clone, code=3)) == [("version-edited", 3, None)]


def test_a_base_that_cannot_be_seen_is_not_a_pass(clone: Path, tmp_path: Path) -> None:
    assert document("--base", "origin/main", cwd=clone, code=5)["verdict"] == "error"
    git(clone, "checkout", "-q", "--orphan", "unrelated")
    git(clone, "commit", "-q", "-m", "no common history")
    assert document("--base", "main", cwd=clone, code=5)["verdict"] == "error"
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    write(outside / "schemas", "s", *THREE[:2])
    assert document("--base", "main", cwd=outside, code=5)["verdict"] == "error"


@pytest.fixture(params=["embedded", pytest.param("real", marks=pytest.mark.real)])
def registry(request: pytest.FixtureRequest) -> str:
    """The embedded registry, and the one that GRIDCTL_TEST_REGISTRY names in the real tier."""
    if request.param == "real":
        assert os.environ.get("GRIDCTL_TEST_REGISTRY"), "GRIDCTL_TEST_REGISTRY names no registry"
        return os.environ["GRIDCTL_TEST_REGISTRY"]
    return str(request.getfixturevalue("embedded_registry"))


@pytest.fixture
def subject(registry: str) -> str:
    """A name that nobody has used in this registry, held to the platform's level."""
    name = f"check-{uuid.uuid4()}"
    set_level(registry, name, "BACKWARD_TRANSITIVE")
    return name


def set_level(url: str, subject: str, level: str) -> None:
    answer = httpx.put(f"{url}/config/{subject}", json={"compatibility": level}, trust_env=False)
    assert answer.status_code == 200, answer.text


def register(url: str, subject: str, text: str) -> None:
    answer = httpx.post(f"{url}/subjects/{subject}/versions", json={"schema": text}, trust_env=False)
    assert answer.status_code == 200, answer.text


def test_beside_a_registry_our_verdict_and_its_own_agree(tmp_path: Path, registry: str, subject: str) -> None:
    for text in THREE[:2]:
        register(registry, subject, text)
    write(tmp_path / "schemas", subject, *THREE[:2])
    found = document("--registry", registry, cwd=tmp_path, code=0)
    assert (found["checked"]["registered"], found["checked"]["registry_verdicts"]) == (2, 1)
    write(tmp_path / "schemas", subject, *THREE)
    found = document("--registry", registry, cwd=tmp_path, code=3)
    assert marks(found) == [("reader_field_missing_default_value", 3, 1)]
    assert (found["findings"][0]["file"], found["findings"][0]["line"]) == (f"schemas/{subject}/v3.avsc", 3)
    assert found["checked"]["registry_verdicts"] == 2


def test_a_version_that_only_the_registry_holds_counts(tmp_path: Path, registry: str, subject: str) -> None:
    for text in THREE[:2]:
        register(registry, subject, text)
    write(tmp_path / "schemas", subject, *THREE)
    (tmp_path / "schemas" / subject / "v1.avsc").unlink()
    assert marks(document(cwd=tmp_path, code=3)) == [("version-gap", 2, None)]
    assert marks(document("--registry", registry, cwd=tmp_path, code=3)) == [
        ("version-deleted", 1, None),
        ("version-gap", 2, None),
        ("reader_field_missing_default_value", 3, 1),
    ]


def test_beside_a_registry_edits_and_deletions(tmp_path: Path, registry: str, subject: str) -> None:
    for text in THREE[:2]:
        register(registry, subject, text)
    write(tmp_path / "schemas", subject, record(A.replace("int", "long")))
    found = document("--registry", registry, cwd=tmp_path, code=3)
    assert marks(found) == [("version-edited", 1, None), ("version-deleted", 2, None)]


def test_a_weaker_level_of_the_registry_hides_nothing(tmp_path: Path, registry: str, subject: str) -> None:
    set_level(registry, subject, "NONE")
    for text in THREE:
        register(registry, subject, text)
    write(tmp_path / "schemas", subject, *THREE)
    found = document("--registry", registry, cwd=tmp_path, code=3)
    assert marks(found) == [("registry-level", None, None), ("reader_field_missing_default_value", 3, 1)]


def test_references_and_odd_names_beside_a_registry(tmp_path: Path, registry: str, subject: str) -> None:
    name = f"an enum {subject}"
    enum = '{"type": "enum", "name": "x.E", "symbols": ["A"]}'
    tree = write(tmp_path / "schemas", name, enum)
    user = '{"type": "record", "name": "x.U", "fields": [{"name": "e", "type": "E"}]}'
    write(tree, subject, user, user.replace('"E"}', '"E", "doc": "words"}'))
    references = [{"name": "x.E", "subject": name, "version": 1}]
    for number in (1, 2):
        (tree / subject / f"v{number}.references.json").write_text(json.dumps(references))
    register(registry, name.replace(" ", "%20"), enum)
    body = {"schema": user, "references": references}
    answer = httpx.post(f"{registry}/subjects/{subject}/versions", json=body, trust_env=False)
    assert answer.status_code == 200, answer.text
    found = document("--registry", registry, "--schemas", "schemas", cwd=tmp_path, code=0)
    unjudged = sum(each["rule"] == "no-registry-verdict" for each in found["findings"])
    assert found["checked"]["registry_verdicts"] + unjudged == 1


def test_a_registry_that_does_not_answer_is_not_a_pass(tmp_path: Path) -> None:
    write(tmp_path / "schemas", "s", *THREE)
    found = document("--registry", "http://127.0.0.1:9", cwd=tmp_path, code=5)
    assert [rule for rule, _, _ in marks(found)] == ["could-not-check", "reader_field_missing_default_value"]
    assert run("--registry", "no url", cwd=tmp_path).returncode == 2


def test_every_format_is_written(tmp_path: Path) -> None:
    write(tmp_path / "schemas", "s", *THREE)
    for chosen, mark in (("sarif", '"ruleId"'), ("junit", "<testsuite"), ("github", "::error file=schemas/s/v3.avsc")):
        done = run("--format", chosen, cwd=tmp_path)
        assert (done.returncode, mark in done.stdout) == (3, True), done.stdout


def test_a_named_subject_or_file_that_is_not_there_is_no_pass(tmp_path: Path) -> None:
    write(tmp_path / "t", "s", *THREE[:2])
    assert run("t/gone/v1.avsc", "t/s/v1.avsc", cwd=tmp_path).returncode == 5
    assert run("t/s/v7.avsc", cwd=tmp_path).returncode == 2
    assert run("t/s/v2.avsc", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("name", ["v02.avsc", "V2.avsc", "v2.AVSC", "v2.json", "v2.references.json"])
@pytest.mark.parametrize("words", [("--schemas", "t"), ("t/s",), ("t/s/v1.avsc",)], ids=" ".join)
def test_what_is_meant_for_a_version_is_never_passed_over(name: str, words: tuple[str, ...], tmp_path: Path) -> None:
    write(tmp_path / "t", "s", record(A))
    (tmp_path / "t" / "s" / name).write_text(record(B))
    found = document(*words, cwd=tmp_path, code=3)
    assert [(each["rule"], each["file"]) for each in found["findings"]] == [("stray-file", f"t/s/{name}")]


def test_a_directory_in_a_versions_place_is_no_pass(tmp_path: Path) -> None:
    write(tmp_path / "t", "s", record(A))
    (tmp_path / "t" / "s" / "v2.avsc").mkdir()
    assert run("--schemas", "t", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize("text", ['[{"name": "N", "subject": "s", "version": 1e999}]', "[" * 100_000])
def test_references_that_no_list_holds_are_named(text: str, tmp_path: Path) -> None:
    write(tmp_path / "t", "s", record(A))
    (tmp_path / "t" / "s" / "v1.references.json").write_text(text)
    done = run("--schemas", "t", cwd=tmp_path)
    assert done.returncode == 2
    assert "t/s/v1.references.json" in done.stderr


def test_bytes_that_are_no_text_are_named_with_their_place(tmp_path: Path) -> None:
    write(tmp_path / "t", "s", record(A))
    (tmp_path / "t" / "s" / "v1.avsc").write_bytes(b'{\n"a\xff')
    done = run("--schemas", "t", cwd=tmp_path)
    assert done.returncode == 2
    assert "t/s/v1.avsc:2:3: not UTF-8" in done.stderr


@pytest.mark.parametrize("words", [("--base", ""), ("--base", " "), ("--registry", "")])
def test_an_empty_word_drops_no_comparison(words: tuple[str, ...], clone: Path) -> None:
    assert run(*words, cwd=clone).returncode in {2, 5}


def test_git_does_not_hold_what_a_link_shows(clone: Path) -> None:
    outside = clone / "store"
    (clone / "schemas" / "s").rename(outside)
    (clone / "schemas" / "s").symlink_to(outside)
    linked = run("--base", "main", cwd=clone)
    assert (linked.returncode, "schemas/s: a link" in linked.stderr) == (2, True)
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "a link")
    git(clone, "branch", "-f", "main")
    (clone / "schemas" / "s").unlink()
    write(clone / "schemas", "s", record(B))
    assert document("--base", "main", cwd=clone, code=5)["verdict"] == "error"


def test_a_tree_that_was_moved_away_from_its_history_is_remarked_on(clone: Path) -> None:
    (clone / "schemas").rename(clone / "contracts")
    found = document("--schemas", "contracts", "--base", "main", cwd=clone, code=0)
    assert [(each["rule"], each["severity"]) for each in found["findings"]] == [("nothing-published", "warning")]
