"""Tables that keep to the terminal, and times as people read them."""

import pytest

from gridctl.cli.output import age_text, print_table, time_and_age, time_text

NOW_MS = 1_795_770_600_000  # 2026-11-27T09:10:00Z
LONG = "a reason that is a good deal longer than what is left of the line beside the other cells"


@pytest.fixture(autouse=True)
def _width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")


def test_each_row_is_one_line_and_only_the_last_column_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(
        ["device", "letters", "reason"], [["thermostat-0000001", 3, LONG], ["breaker-1", 12, "short"]], cut=True
    )
    _, _, *lines = capsys.readouterr().out.splitlines()
    assert [line.rstrip() for line in lines] == [
        "thermostat-0000001        3  a reason that is a good deal l…",
        "breaker-1                12  short",
    ]


def test_what_is_not_cut_goes_on_at_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["setting", "value"], [["kafka.bootstrap.servers", LONG]])
    shown = capsys.readouterr().out
    assert all(len(line) <= 60 for line in shown.splitlines())
    assert "kafka.bootstrap.servers" in shown
    assert " ".join(line[25:].strip() for line in shown.splitlines()[2:]) == LONG


def test_a_long_cell_in_the_middle_does_not_hide_the_last_column(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["setting", "value", "from"], [["schemas", "/a/very/long/path" * 9, "gridctl up"], ["mqtt", "x", "y"]])
    shown = capsys.readouterr().out
    assert all(len(line) <= 60 for line in shown.splitlines())
    assert "gridctl up" in shown


def test_what_does_not_fit_at_all_still_has_a_line_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["a", "b", "c"], [["x" * 50, "y" * 50, "z"]], cut=True)
    assert len(capsys.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0s"), (99, "99s"), (100, "2m"), (5999, "100m"), (7200, "2h"), (86_400 * 12, "12d"), (-30, "-30s")],
)
def test_an_age_is_in_its_largest_unit(seconds: float, text: str) -> None:
    assert age_text(seconds) == text


def test_a_time_is_iso_and_names_another_day() -> None:
    assert time_text(NOW_MS - 1000, NOW_MS) == "09:09:59Z"
    assert time_text(NOW_MS - 86_400_000, NOW_MS) == "2026-11-26T09:10:00Z"
    assert time_text(2**53, NOW_MS) == f"{2**53} ms"
    assert time_and_age(NOW_MS - 5000, NOW_MS) == ("09:09:55Z", "5s")
    assert time_and_age(None, NOW_MS) == ("-", "-")
