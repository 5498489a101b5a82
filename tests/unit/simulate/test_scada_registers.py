"""Who the outstations are, what their registers hold, and the map and the account that tell of it."""

import tomllib
from collections import Counter

import pytest

from gridctl.simulate.scada.outstations import (
    BYTE_ORDERS,
    PACKING,
    REGISTERS,
    device_id_of,
    feeder_of,
    map_text,
    outstations,
    words_of,
)
from gridctl.simulate.scada.serve import OutstationAccount


def test_an_outstation_is_the_same_device_however_ports_and_units_are_cut() -> None:
    wide = [device.device_id for device in outstations(1, 12)]
    assert wide == [device.device_id for device in outstations(4, 3)]
    assert wide[:6] == ["feeder-001", "breaker-002", "feeder-003", "breaker-004", "transformer-005", "feeder-006"]
    assert [(device.port_index, device.unit_id) for device in outstations(2, 2)] == [(0, 1), (0, 2), (1, 1), (1, 2)]


@pytest.mark.parametrize(("number", "feeder"), [(1, 1), (2, 1), (3, 3), (4, 3), (5, 1), (6, 6), (7, 6), (10, 6)])
def test_each_outstation_belongs_to_a_feeder(number: int, feeder: int) -> None:
    assert feeder_of(number) == feeder
    assert device_id_of(feeder).startswith("feeder-")


def test_registers_of_a_device_do_not_overlap() -> None:
    for registers in REGISTERS.values():
        taken = Counter(
            register.address + word
            for register in registers
            for word in range(2 if PACKING[register.type] in "iIf" else 1)
        )
        assert max(taken.values()) == 1


def test_words_hold_what_the_tables_say() -> None:
    feeder = {
        "voltage": 11_000, "current": 1_234, "power_factor": -950, "active_power": -70_000,
        "frequency": 50_000, "breaker_closed": 1, "energy": 0x12345678,
    }  # fmt: skip
    expected = [11_000, 1_234, 0x10000 - 950, 0, 0xFFFE, 0xEE90, 50_000, 1, 0x1234, 0x5678]
    assert words_of("feeder", feeder) == expected


def test_transformers_put_the_low_word_first() -> None:
    values = dict.fromkeys((register.name for register in REGISTERS["transformer"]), 0.0) | {"active_power": 1.0}
    assert BYTE_ORDERS["transformer"] == "CDAB"
    assert words_of("transformer", values)[4:6] == [0x0000, 0x3F80]


def test_the_map_is_toml_that_names_every_device_and_register() -> None:
    fleet = outstations(2, 5)
    text = map_text(fleet, ["10.0.0.1:502", "10.0.0.2:502"], interval_ms=500)
    document = tomllib.loads(text)
    assert (document["interval_ms"], document["timeout_ms"]) == (500, 200)
    assert [device["device_id"] for device in document["device"]] == [device.device_id for device in fleet]
    assert [device["address"] for device in document["device"]] == ["10.0.0.1:502"] * 5 + ["10.0.0.2:502"] * 5
    for device, listed in zip(fleet, document["device"], strict=True):
        assert listed["unit_id"] == device.unit_id
        assert listed["byte_order"] == BYTE_ORDERS[device.kind]
        assert [(field["name"], field["address"], field["type"]) for field in listed["field"]] == [
            (register.name, register.address, register.type) for register in REGISTERS[device.kind]
        ]


def test_the_account_tells_answered_from_unanswered_polls() -> None:
    fleet = outstations(1, 2)
    account = OutstationAccount(fleet)
    for outcome in ("data", "exception", "corrupt", "slow", "silent", "wrong-transaction"):
        account.count(fleet[0], outcome)
    account.count(fleet[1], "data")
    told = account.summary()
    assert (told["polls"], told["polls_answered"], told["polls_unanswered"]) == (7, 5, 2)
    assert told["devices"]["feeder-001"]["outcomes"]["silent"] == 1
    assert told["devices"]["breaker-002"] == {
        "polls": 1, "polls_answered": 1, "polls_unanswered": 0, "outcomes": {"data": 1},
    }  # fmt: skip
    assert told["final"] is False
