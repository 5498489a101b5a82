"""The screen keeps to its size, and shows something of every panel."""

import re
from contextlib import nullcontext

import pytest

from gridctl.cli.top.model import Answer, Block, Panel
from gridctl.cli.top.screen import screen, text_of

SIZES = [(80, 24), (100, 30), (160, 50)]
LONG = "a reason that goes on and on, much longer than what any screen has room for, and then some more of it, and on"


def panel(number: int, rows: int) -> Panel:
    def block(_data: object, now_ms: int) -> Block:
        table = [[f"row {number}.{row}", now_ms, LONG] for row in range(rows)]
        return Block(f"headline {number} {LONG}", ("name", "time", "reason"), table)

    return Panel(f"p{number}", f"PANEL {number}", lambda _: nullcontext(dict), block, rows=2)


def drawn(rows: list[int], width: int, height: int, unknown: int | None = None) -> list[str]:
    panels = [panel(number, count) for number, count in enumerate(rows)]
    answers = {each.name: Answer({}, "", 0) for each in panels}
    if unknown is not None:
        answers[f"p{unknown}"] = Answer(None, f"the broker is away: {LONG}", 0)
    return text_of(screen(panels, answers, 7, f"heading {LONG}", width, height), width, height).splitlines()


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("rows", [[0, 0, 0, 0, 0], [1, 2, 3, 1, 2], [100, 100, 100, 100, 100], [0, 90, 0, 1, 2]])
def test_every_screen_keeps_to_its_size_and_names_every_panel(rows: list[int], width: int, height: int) -> None:
    lines = drawn(rows, width, height)
    assert len(lines) <= height
    assert all(len(line) <= width for line in lines)
    text = "\n".join(lines)
    for number, count in enumerate(rows):
        assert re.search(rf"PANEL {number}( \(\+\d+ more\))?  headline {number}", text)
        assert all(f"row {number}.{row} " in text for row in range(min(count, 2)))


@pytest.mark.parametrize("height", [10, 14, 20])
def test_a_screen_that_is_too_small_still_names_every_panel(height: int) -> None:
    lines = drawn([5, 5, 5, 5, 5, 5], 80, height)
    assert len(lines) <= height
    assert sum("PANEL" in line for line in lines) == 6


def test_what_is_left_over_goes_to_those_who_have_more_to_show() -> None:
    lines = drawn([0, 50, 0, 0, 3], 80, 24)
    assert len(lines) == 24
    assert sum("row 1." in line for line in lines) == 13
    assert sum("row 4." in line for line in lines) == 3
    assert any(line.startswith("PANEL 1 (+37 more)  headline 1") for line in lines)


def test_what_is_unknown_says_so_with_its_cause_and_hides_nothing() -> None:
    lines = drawn([2, 2, 2], 80, 24, unknown=1)
    assert any(line.startswith("PANEL 1  UNKNOWN: the broker is away") for line in lines)
    text = "\n".join(lines)
    assert ("row 0.1" in text, "row 1.0" in text, "row 2.1" in text) == (True, False, True)


def test_the_text_of_a_panel_cannot_command_the_terminal() -> None:
    hostile = Panel("p", "P", lambda _: nullcontext(dict), lambda *_: Block("\x1b[2J", ("a",), [["\x1b[31m"]]), rows=1)
    shown = text_of(screen([hostile], {"p": Answer({}, "", 0)}, 0, "heading", 80, 24), 80, 24)
    assert "\x1b" not in shown
