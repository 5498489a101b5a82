"""Prometheus' own tool: it judges rules, and runs them on series that a test makes up."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml


def promtool(*words: object) -> str:
    """Run it; the test fails with what it printed."""
    done = subprocess.run(["promtool", *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_rules(directory: Path, tests: Sequence[Mapping[str, Any]], *rules: Path) -> None:
    """Run `promtool test rules` with these tests, evaluating every 15 seconds."""
    document = {"rule_files": [str(rule) for rule in rules], "evaluation_interval": "15s", "tests": list(tests)}
    file = directory / "test.yaml"
    file.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    promtool("test", "rules", file)
