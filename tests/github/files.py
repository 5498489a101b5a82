"""The workflows and the action as GitHub reads them: YAML 1.2, in which `on` is a word."""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.support.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.y*ml"))
PULL_REQUEST = ROOT / ".github" / "workflows" / "pr.yml"


def parse(text: str) -> dict[str, Any]:
    document = YAML(typ="safe", pure=True).load(text)
    assert isinstance(document, dict)
    return document


def read(path: Path) -> dict[str, Any]:
    return parse(path.read_text(encoding="utf-8"))


def steps_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the steps of all jobs of a workflow, or of a composite action."""
    owners = document.get("jobs", {}).values() if "jobs" in document else [document["runs"]]
    return [step for owner in owners for step in owner.get("steps", [])]
