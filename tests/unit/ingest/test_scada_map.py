"""The register map: what it may say, and where a wrong one says what is wrong."""

import re

import pytest

from gridctl.errors import UsageProblem
from gridctl.ingest.scada.mapfile import read_map
from gridctl.simulate.scada.outstations import map_text, outstations

GOOD = """\
interval_ms = 1000

[[device]]
device_id = "meter-1"
address = "127.0.0.1:502"
unit_id = 1
[[device.field]]
name = "voltage"
address = 0
type = "UINT16"
scale = 0.1
unit = "V"
[[device.field]]
name = "current"
address = 1
type = "INT16"

[[device]]
device_id = "meter-2"
address = "[::1]:5020"
unit_id = 2
interval_ms = 200
timeout_ms = 50
[[device.field]]
name = "running"
register = "coil"
address = 7
"""


def test_what_a_map_leaves_out_has_defaults() -> None:
    first, second = read_map(GOOD, "map.toml")
    assert (first.interval_ms, first.timeout_ms) == (1000, 400)
    assert (second.interval_ms, second.timeout_ms) == (200, 50)
    assert (second.device.host, second.device.port) == ("::1", 5020)
    assert first.device.field[1].kind == "holding"
    assert first.device.byte_order == "ABCD"


def test_the_interval_of_the_call_stands_above_the_map_and_shortens_the_timeout() -> None:
    plans = read_map(GOOD, "map.toml", interval_ms=50)
    assert [(plan.interval_ms, plan.timeout_ms) for plan in plans] == [(50, 20), (50, 40)]


def test_the_map_of_the_simulator_is_read_with_one_request_a_device() -> None:
    text = map_text(outstations(2, 10), ["127.0.0.1:1", "127.0.0.1:2"], interval_ms=1000)
    plans = read_map(text, "map.toml")
    assert len(plans) == 20
    assert all(len(plan.blocks) == 1 for plan in plans)
    assert {plan.device.address for plan in plans} == {"127.0.0.1:1", "127.0.0.1:2"}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('type = "UINT16"', 'type = "UINT17"', 10, r"device\[1\]\.field\[1\]\.type: .*'UINT16'"),
        ('type = "INT16"', 'type = "INT16"\nscal = 2', 17, r"device\[1\]\.field\[2\]\.scal: this setting does not"),
        ('type = "INT16"', "", 13, r"field\[2\]: type is missing"),
        ("scale = 0.1", "scale = 0.0", 7, "scale is 0"),
        ("scale = 0.1", 'scale = "0.1"', 11, r"field\[1\]\.scale: .*valid number"),
        ("scale = 0.1", "min = 2.0\nmax = 1.0", 7, "min is above max"),
        ("scale = 0.1", "scale = nan", 11, r"field\[1\]\.scale"),
        ('name = "current"', 'name = "voltage"', 3, "two fields are named voltage"),
        ('name = "current"', "", 13, "name is missing"),
        ('name = "current"', 'name = "a b"', 14, r"field\[2\]\.name"),
        ("address = 1\n", "address = 65536\n", 15, r"field\[2\]\.address"),
        ('address = 1\ntype = "INT16"', 'address = 65535\ntype = "INT32"', 13, "beyond the last register"),
        ('device_id = "meter-2"', 'device_id = "meter-1"', 19, "two devices are named meter-1"),
        ('address = "[::1]:5020"', 'address = "nowhere"', 20, r"device\[2\]\.address"),
        ('address = "[::1]:5020"', 'address = "h:70000"', 18, "this port does not exist"),
        ("unit_id = 2", "unit_id = 256", 21, r"device\[2\]\.unit_id"),
        ("unit_id = 2\n", "", 18, r"device\[2\]\.unit_id: Field required"),
        ('unit = "V"', 'unit = "\\u001b[2J"', 12, r"field\[1\]\.unit"),
        ("timeout_ms = 50", "timeout_ms = 190", 23, "four fifths of the interval"),
        ('register = "coil"', 'register = "coil"\nscale = 2.0', 24, "0 or 1"),
        ('register = "coil"', 'register = "coil"\ntype = "INT16"', 24, "0 or 1"),
        ('register = "coil"', 'register = "relay"', 26, r"field\[1\]\.register"),
        ('type = "INT16"', 'type = "BIT"', 13, "type BIT and bit go together"),
        ("interval_ms = 1000", "interval_ms = 0", 1, "interval_ms"),
        ("interval_ms = 1000", "intervall_ms = 1000", 1, "intervall_ms: this setting does not exist"),
    ],
)
def test_a_wrong_map_names_file_line_and_field(old: str, new: str, line: int, words: str) -> None:
    assert old in GOOD
    with pytest.raises(UsageProblem) as caught:
        read_map(GOOD.replace(old, new, 1), "map.toml")
    assert caught.value.message.startswith(f"map.toml:{line}: "), caught.value.message
    assert re.search(words, caught.value.message)
    assert "docs/scada-map.md" in caught.value.next_step


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\ninterval_ms = x\n", r"map\.toml: is not TOML: .*line 2"),
        ("interval_ms = 1000", r"map\.toml:1: device: Field required"),
        ("device = []", r"map\.toml:1: device: .*at least 1"),
    ],
)
def test_what_is_no_map_at_all(text: str, words: str) -> None:
    with pytest.raises(UsageProblem, match=words):
        read_map(text, "map.toml")


def test_the_line_of_a_field_that_is_written_inline() -> None:
    text = GOOD[: GOOD.index("[[device.field]]")] + 'field = [\n  {name = "a", address = 0, type = "WORD"},\n]\n'
    with pytest.raises(UsageProblem, match=r"map\.toml:7: device\[1\]\.field\[1\]\.type"):
        read_map(text, "map.toml")


def test_a_device_of_omitted_fields_alone_gives_no_event() -> None:
    text = GOOD.replace('register = "coil"', 'register = "coil"\nomit = true')
    with pytest.raises(UsageProblem, match="0 fields become points"):
        read_map(text, "map.toml")
