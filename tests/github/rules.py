"""The rules that every workflow and action keeps. Each returns what breaks it, one line each."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.github.files import steps_of

Document = Mapping[str, Any]
_USES = re.compile(r"^\s*(?:- )?uses:\s*(?P<what>\S+)(?:\s+#\s*(?P<version>\S.*))?$", re.MULTILINE)
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_DIGEST = re.compile(r"docker://\S+@sha256:[0-9a-f]{64}")
_VERSION = re.compile(r"v\d+(\.\d+){2}")
_FOREIGN = {"pull_request_target", "workflow_run", "issue_comment"}
_FROM_FORKS = {"pull_request", "pull_request_review"}


def pinned(text: str, _: Document) -> Iterator[str]:
    """Every foreign action is pinned by the commit's SHA, with the version as a comment."""
    for match in _USES.finditer(text):
        what, version = match["what"], match["version"] or ""
        if what.startswith("./") or _DIGEST.fullmatch(what):
            continue
        if not _PINNED.fullmatch(what):
            yield f"{what}: not pinned by a commit's SHA"
        elif not _VERSION.fullmatch(version):
            yield f"{what}: no comment says the version"


def least_permissions(_: str, document: Document) -> Iterator[str]:
    """A workflow says its permissions, and neither it nor a job may write."""
    if "jobs" not in document:
        return
    if not isinstance(document.get("permissions"), Mapping):
        yield "the workflow names no permissions, one by one"
    for name, owner in {"the workflow": document, **document["jobs"]}.items():
        granted = owner.get("permissions", {})
        words = granted.values() if isinstance(granted, Mapping) else [granted]
        if any(word not in {"read", "none"} for word in words):
            yield f"{name} may do more than read: {granted}"


def no_expression_in_a_script(_: str, document: Document) -> Iterator[str]:
    """No expression stands in a script: the runner pastes its value in as text, so values come by `env`."""
    for step in steps_of(dict(document)):
        scripts = [step.get("run", ""), str(step.get("with", {}).get("script", ""))]
        if any("${{" in script for script in scripts):
            yield f"{step.get('name', scripts[0][:40])}: an expression in a script"


def timeouts(_: str, document: Document) -> Iterator[str]:
    """Every job that runs steps ends by itself."""
    for name, job in document.get("jobs", {}).items():
        if "uses" not in job and not isinstance(job.get("timeout-minutes"), int):
            yield f"{name}: no timeout-minutes"


def no_foreign_code_with_secrets(text: str, document: Document) -> Iterator[str]:
    """Nothing runs a fork's code with our token, and a pull request's workflow needs no secret."""
    triggers = set(document.get("on", ()))
    if found := triggers & _FOREIGN:
        yield f"{', '.join(sorted(found))}: runs with the base's secrets"
    if triggers & _FROM_FORKS and re.search(r"\bsecrets\b", text):
        yield "a pull request's workflow names secrets, which a fork does not have"


def no_credentials_left(_: str, document: Document) -> Iterator[str]:
    """A checkout leaves no token behind in .git/config."""
    for step in steps_of(dict(document)):
        keeps = step.get("with", {}).get("persist-credentials") is not False
        if keeps and step.get("uses", "").startswith("actions/checkout@"):
            yield "a checkout keeps its credentials"


def history_for_a_base(_: str, document: Document) -> Iterator[str]:
    """A job that compares with a base has the whole history."""
    for name, job in document.get("jobs", {}).items():
        steps = job.get("steps", [])
        said = [step.get("run", "") + str(step.get("with", {}).get("arguments", "")) for step in steps]
        depths = [step["with"].get("fetch-depth") for step in steps if "checkout@" in step.get("uses", "")]
        if any("--base" in words for words in said) and 0 not in depths:
            yield f"{name}: --base without fetch-depth: 0"


def nothing_skipped(_: str, document: Document) -> Iterator[str]:
    """In a pull request's workflow no job or step is conditional or may fail: what is skipped counts as passed."""
    if not set(document.get("on", ())) & _FROM_FORKS:
        return
    for name, job in document["jobs"].items():
        for owner in (job, *job.get("steps", [])):
            if keys := {"if", "continue-on-error", "needs", "strategy"} & set(owner):
                yield f"{name}: {', '.join(sorted(keys))}"


RULES: dict[str, Callable[[str, Document], Iterator[str]]] = {
    rule.__name__: rule
    for rule in (
        pinned,
        least_permissions,
        no_expression_in_a_script,
        timeouts,
        no_foreign_code_with_secrets,
        no_credentials_left,
        history_for_a_base,
        nothing_skipped,
    )
}


def broken(text: str, document: Document) -> dict[str, list[str]]:
    """Return what breaks which rule."""
    found = {name: list(rule(text, document)) for name, rule in RULES.items()}
    return {name: lines for name, lines in found.items() if lines}
