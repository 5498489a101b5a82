"""The whole screen on a bad morning, at the smallest size and at a large one, as text that people have looked at.

After a change that is meant: write what `drawn` gives into tests/data/top, and look at it.
"""

import json

import pytest

from gridctl.cli.top.model import Answer
from gridctl.cli.top.panels import panels
from gridctl.cli.top.screen import screen, text_of
from gridctl.cli.top.slos import Sources
from tests.support.paths import ROOT

DIRECTORY = ROOT / "tests" / "data" / "top"
NOW_MS = 1_795_771_200_000  # 2026-11-27T09:20:00Z
SIZES = [(80, 24), (160, 50)]


def drawn(width: int, height: int) -> str:
    data = json.loads((DIRECTORY / "answers.json").read_text(encoding="utf-8"))
    shown = panels(Sources(None, None, DIRECTORY))
    answers = {panel.name: Answer(data[panel.name], "", 0) for panel in shown}
    heading = "gridctl top  2026-11-27T09:20:00Z  profile prod"
    return text_of(screen(shown, answers, NOW_MS, heading, width, height), width, height)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_screen_is_the_one_that_was_looked_at(width: int, height: int) -> None:
    text = drawn(width, height)
    assert len(text.splitlines()) <= height
    assert text == (DIRECTORY / f"{width}x{height}.txt").read_text(encoding="utf-8")
