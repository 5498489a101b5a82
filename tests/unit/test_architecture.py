"""The map of the code says what is there."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
COMING = {"gridctl/lag", "gridctl/safety"}


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
