"""The workflows and the action: valid by their published schemas, safe, and running commands that exist."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.github.commands import commands_in, problem_of
from tests.github.files import ACTIONS, PULL_REQUEST, WORKFLOWS, parse, read, steps_of
from tests.github.rules import RULES, broken
from tests.support.paths import ROOT

PASSING = """
name: checks
on: [pull_request]
permissions:
  contents: read
jobs:
  gates:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@0123456789012345678901234567890123456789 # v1.2.3
        with:
          fetch-depth: 0
          persist-credentials: false
      - uses: ./.github/actions/gridctl
        with:
          arguments: schema check --base ${{ github.event.pull_request.base.sha }}
      - name: Say
        env:
          TITLE: ${{ github.event.pull_request.title }}
        run: echo "$TITLE"
"""
SHA = "actions/checkout@0123456789012345678901234567890123456789 # v1.2.3"
FAILING = {
    "pinned": [
        (SHA, "actions/checkout@v4"),
        (SHA, "actions/checkout@main # v1.2.3"),
        (SHA, SHA.replace("0123456789012345678901234567890123456789", "01234567")),
        (SHA, SHA.removesuffix(" # v1.2.3")),
        (SHA, SHA.replace("v1.2.3", "newest")),
        ("./.github/actions/gridctl", "docker://alpine:3 # v1.2.3"),
    ],
    "least_permissions": [
        ("permissions:\n  contents: read\n", ""),
        ("permissions:\n  contents: read\n", "permissions: read-all\n"),
        ("permissions:\n  contents: read\n", "permissions: write-all\n"),
        ("contents: read", "contents: write"),
        ("    timeout-minutes", "    permissions:\n      issues: write\n    timeout-minutes"),
        ("    timeout-minutes", "    permissions: write-all\n    timeout-minutes"),
    ],
    "no_expression_in_a_script": [
        ('echo "$TITLE"', 'echo "${{ github.event.pull_request.title }}"'),
        ('echo "$TITLE"', "|\n          true\n          echo ${{ inputs.words }}"),
        ("arguments: schema", "script: console.log('${{ github.head_ref }}')\n          arguments: schema"),
    ],
    "timeouts": [("    timeout-minutes: 5\n", ""), ("timeout-minutes: 5", "timeout-minutes: ${{ inputs.long }}")],
    "no_foreign_code_with_secrets": [
        ("[pull_request]", "[pull_request_target]"),
        ("[pull_request]", "[pull_request, workflow_run]"),
        ("github.event.pull_request.title", "secrets.TOKEN"),
        ("github.event.pull_request.title", "toJSON(secrets)"),
    ],
    "no_credentials_left": [
        ("          persist-credentials: false\n", ""),
        ("persist-credentials: false", "persist-credentials: true"),
    ],
    "history_for_a_base": [
        ("          fetch-depth: 0\n", ""),
        ("fetch-depth: 0", "fetch-depth: 1"),
    ],
    "nothing_skipped": [
        ("    timeout-minutes", "    if: github.actor != 'bot'\n    timeout-minutes"),
        ("    timeout-minutes", "    needs: [other]\n    timeout-minutes"),
        ("    timeout-minutes", "    strategy:\n      matrix:\n        a: [1]\n    timeout-minutes"),
        ("        env:", "        continue-on-error: true\n        env:"),
        ("        env:", "        if: always()\n        env:"),
    ],
}
FAILURES = [(rule, old, new) for rule, pairs in FAILING.items() for old, new in pairs]


def published(name: str) -> Any:
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / f"{name}.json"
    return json.loads(schema.read_text(encoding="utf-8"))


def test_there_are_workflows_and_an_action() -> None:
    assert {path.name for path in WORKFLOWS} == {"pr.yml", "main.yml", "schema-gate.yml", "deploy-gate.yml"}
    assert [path.parent.name for path in ACTIONS] == ["gridctl"]


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_each_is_valid_by_its_published_schema(path: Path) -> None:
    schema = published("github-actions" if path in ACTIONS else "github-workflows")
    jsonschema.validate(read(path), schema)


def test_the_published_schemas_refuse_what_is_wrong() -> None:
    workflow = published("github-workflows")
    jsonschema.validate(parse(PASSING), workflow)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(parse(PASSING.replace("timeout-minutes", "timeout")), workflow)
    action = read(ACTIONS[0])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(action | {"runs": {"using": "composite"}}, published("github-actions"))


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_each_keeps_every_rule(path: Path) -> None:
    assert broken(path.read_text(encoding="utf-8"), read(path)) == {}


def test_what_keeps_the_rules_passes() -> None:
    assert broken(PASSING, parse(PASSING)) == {}


@pytest.mark.parametrize(("rule", "old", "new"), FAILURES)
def test_each_rule_finds_what_breaks_it_and_no_other_does(rule: str, old: str, new: str) -> None:
    assert old in PASSING
    text = PASSING.replace(old, new, 1)
    assert list(broken(text, parse(text))) == [rule]


def test_every_rule_has_something_that_breaks_it() -> None:
    assert set(FAILING) == set(RULES)


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: path.parent.name + "/" + path.name)
def test_every_command_exists_with_its_flags(path: Path) -> None:
    lines = list(commands_in(read(path)))
    assert lines
    assert [(words, problem) for words in lines if (problem := problem_of(words))] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("gridctl gates", "no command gates"),
        (".venv/bin/gridctl pr chekc", "no command chekc"),
        ("gridctl gate --bse X", "No such option"),
        ("gridctl schema check --level SIDEWAYS", "SIDEWAYS"),
        ("gridctl pr check --body-file", "requires an argument"),
        ("make tset", "no target tset"),
    ],
)
def test_a_command_that_does_not_exist_is_found(words: str, said: str) -> None:
    step = {"runs": {"steps": [{"run": f"true && {words}"}]}}
    problems = [problem for line in commands_in(step) if (problem := problem_of(line))]
    assert len(problems) == 1
    assert said in problems[0]


def test_the_pull_requests_workflow_runs_whenever_the_verdict_may_change() -> None:
    triggers = read(PULL_REQUEST)["on"]
    assert {"opened", "synchronize", "reopened", "edited"} <= set(triggers["pull_request"]["types"])
    assert {"submitted", "dismissed"} <= set(triggers["pull_request_review"]["types"])
    assert "merge_group" in triggers
    assert read(PULL_REQUEST)["concurrency"]["cancel-in-progress"] is True


def test_the_required_checks_are_exactly_the_jobs_of_the_pull_requests_workflow() -> None:
    ruleset = json.loads((ROOT / ".github" / "ruleset.json").read_text())
    rules = {rule["type"]: rule.get("parameters", {}) for rule in ruleset["rules"]}
    required = [check["context"] for check in rules["required_status_checks"]["required_status_checks"]]
    jobs = read(PULL_REQUEST)["jobs"]
    assert sorted(required) == sorted(job.get("name", key) for key, job in jobs.items())
    assert {"deletion", "non_fast_forward", "pull_request"} <= set(rules)
    assert rules["pull_request"]["require_code_owner_review"] is True
    assert ruleset["bypass_actors"] == []


def test_what_developers_run_is_what_the_workflow_runs() -> None:
    scripts = [step["run"] for step in steps_of(read(PULL_REQUEST)) if "run" in step]
    gate = '.venv/bin/gridctl gate --base "${BASE_SHA:-origin/$BASE_REF}"'
    assert scripts == ["make setup", gate, "make test", "make test-real"]


def test_the_record_says_where_each_pinned_commit_was_seen() -> None:
    record = (ROOT / "docs" / "adr" / "0009-gates-in-github.md").read_text(encoding="utf-8")
    uses = {
        match.groups()
        for path in (*WORKFLOWS, *ACTIONS)
        for match in re.finditer(r"uses: ([\w/-]+)@([0-9a-f]{40}) # (v[\d.]+)", path.read_text())
    }
    assert uses
    for action, commit, version in uses:
        assert f"| {action} | {version} | `{commit}` |" in record
