"""The table of kinds, and what each contributes to the grid state."""

from pathlib import Path
from typing import Any

import pytest

from gridctl.contracts.kinds import KIND_OF_CODE, KINDS, TOPIC_OF_KIND, kinds_in
from gridctl.errors import UsageProblem


def test_the_codes_in_redis_are_what_they_always_were() -> None:
    assert {name: kind.code for name, kind in KINDS.items()} == {"scada": 0, "thermostat": 1, "charger": 2}


def test_no_two_kinds_share_a_code_or_a_topic() -> None:
    assert len(KIND_OF_CODE) == len(set(TOPIC_OF_KIND.values())) == len(KINDS)


def test_a_kind_names_itself_as_its_folder_is_called() -> None:
    assert all(kind.name == name for name, kind in KINDS.items())


@pytest.mark.parametrize(("kind", "power_mw"), [("thermostat", 1_500_001), ("charger", 1_500_001), ("scada", 0)])
def test_power_counts_in_whole_milliwatts(kind: str, power_mw: int) -> None:
    assert KINDS[kind].contribution({"power_w": 1500.0008, "points": []})[0] == power_mw


@pytest.mark.parametrize(
    ("qualities", "best"),
    [(["MISSING", "GOOD", "SUSPECT"], "GOOD"), (["MISSING", "SUBSTITUTED"], "SUBSTITUTED"), ([], "MISSING")],
)
def test_a_poll_is_as_good_as_its_best_point(qualities: list[str], best: str) -> None:
    event = {"points": [{"quality": quality} for quality in qualities]}
    assert KINDS["scada"].quality(event) == best
    assert KINDS["scada"].contribution(event) == (0, best == "GOOD")


SUMMARIES: list[tuple[str, dict[str, Any], str]] = [
    ("thermostat", {"power_w": 1.5, "mode": "HEAT", "action": "IDLE"}, "power_w=1.5, mode=HEAT, action=IDLE"),
    ("charger", {"power_w": -2.0, "status": "CHARGING"}, "power_w=-2.0, status=CHARGING"),
    (
        "scada",
        {"points": [{"name": "u", "value": 1.0, "unit": "V"}, {"name": "n", "value": 2.0, "unit": ""}]},
        "u=1.0 V, n=2.0",
    ),
]


@pytest.mark.parametrize(("kind", "event", "text"), SUMMARIES)
def test_what_state_show_prints_of_an_event(kind: str, event: dict[str, Any], text: str) -> None:
    assert KINDS[kind].summary(event) == text


def test_a_folder_that_holds_no_kind_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (tmp_path / "made", tmp_path / "made" / "toaster"):
        folder.mkdir()
        (folder / "__init__.py").write_text("KIND = 7\n")
    (tmp_path / "made" / "left_behind" / "__pycache__").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UsageProblem, match="made/toaster: has no KIND"):
        kinds_in("made", [str(tmp_path / "made")])
