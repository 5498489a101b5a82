"""The map of the code says what is there."""

import ast
import re
import tomllib

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
COMING = {"gridctl/safety"}


def test_every_room_has_a_line() -> None:
    rooms = {f"gridctl/{path.parent.name}" for path in ROOT.glob("gridctl/*/__init__.py")}
    named = set(re.findall(r"^\| `(gridctl/\w+)` \|", PAGE, re.MULTILINE))
    assert named == rooms


def test_the_levels_are_those_that_are_checked() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    checked = [
        [name.strip().removeprefix("gridctl.") for name in level.split("|")]
        for level in config["tool"]["importlinter"]["contracts"][0]["layers"]
    ]
    drawn = re.search(r"```text\n(  cli\n.*?)```", PAGE, re.DOTALL)
    assert drawn is not None
    assert [line.split() for line in drawn[1].splitlines()] == checked[1:-1]  # between __main__ and errors


def test_every_path_exists() -> None:
    named = set(re.findall(r"`((?:gridctl|schemas|ci|docs)/[\w./-]+)`", PAGE)) - COMING
    assert len(named) > 20
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_link_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


def test_files_and_functions_stay_short() -> None:
    """At most 320 lines a file, and 50 a function from its `def` to its end: what a reader holds in mind."""
    long = []
    for path in sorted(ROOT.glob("gridctl/**/*.py")):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT)
        if len(text.splitlines()) > 320:
            long.append(f"{name}: {len(text.splitlines())} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > 50:
                    long.append(f"{name}: {node.name}: {lines} lines")
    assert long == []
