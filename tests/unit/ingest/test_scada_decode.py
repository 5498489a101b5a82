"""Registers to values: order, type, scale, and what counts as not there."""

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client.mixin import ModbusClientMixin

from gridctl.contracts.events import Quality
from gridctl.ingest.scada.model import ByteOrder, FieldSpec, ValueType
from gridctl.ingest.scada.plan import MISSING, PACKING, SENTINELS, Value, decoder_of

ORDERS: tuple[ByteOrder, ...] = ("ABCD", "DCBA", "BADC", "CDAB")


def field(kind: ValueType, **more: Any) -> FieldSpec:
    return FieldSpec.model_validate({"name": "x", "address": 0, "type": kind, **more})


def decode(kind: ValueType, words: list[int], order: ByteOrder = "ABCD", **more: Any) -> Value:
    return decoder_of(field(kind, **more), order)(words)


def words_of(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("ABCD", [0x0A0B, 0x0C0D]),
        ("DCBA", [0x0D0C, 0x0B0A]),
        ("BADC", [0x0B0A, 0x0D0C]),
        ("CDAB", [0x0C0D, 0x0A0B]),
    ],
)
def test_the_letters_of_a_byte_order_are_the_bytes_as_they_come(order: ByteOrder, words: list[int]) -> None:
    assert decode("UINT32", words, order) == Value(0x0A0B0C0D, "GOOD")


@pytest.mark.parametrize(
    ("order", "expected"), [("ABCD", 0x0102), ("CDAB", 0x0102), ("DCBA", 0x0201), ("BADC", 0x0201)]
)
def test_one_register_knows_only_whether_its_bytes_are_swapped(order: ByteOrder, expected: int) -> None:
    assert decode("UINT16", [0x0102], order).value == expected


@given(st.sampled_from([kind for kind in PACKING if kind != "FLOAT16"]), st.binary(min_size=8, max_size=8))
def test_big_endian_values_and_those_with_words_reversed_are_what_pymodbus_reads(kind: ValueType, data: bytes) -> None:
    words = words_of(data)[: field(kind).length]
    datatype = ModbusClientMixin.DATATYPE[kind]
    for order in ("ABCD", "CDAB"):
        expected = ModbusClientMixin.convert_from_registers(
            list(words), datatype, word_order="little" if order == "CDAB" else "big"
        )
        got = decode(kind, words, order, sentinel=False)
        assert isinstance(expected, int | float)
        if math.isfinite(expected) and abs(expected) <= 1e15:
            assert got == Value(float(expected), "GOOD")
        else:
            assert got == MISSING


@given(st.sampled_from(list(PACKING)), st.binary(min_size=8, max_size=8))
def test_swapping_the_bytes_of_each_register_is_all_that_badc_and_dcba_add(kind: ValueType, data: bytes) -> None:
    words = words_of(data)[: field(kind).length]
    swapped = [word >> 8 | (word & 0xFF) << 8 for word in words]
    assert decode(kind, words, "ABCD") == decode(kind, swapped, "BADC")
    assert decode(kind, words, "CDAB") == decode(kind, swapped, "DCBA")


@pytest.mark.parametrize("kind", SENTINELS)
@pytest.mark.parametrize("order", ORDERS)
def test_sunspec_marks_of_what_is_not_implemented_are_missing(kind: ValueType, order: ByteOrder) -> None:
    packed = words_of(struct.pack(f">{PACKING[kind]}", SENTINELS[kind]))
    if order in ("DCBA", "CDAB"):
        packed.reverse()
    if order in ("DCBA", "BADC"):
        packed = [word >> 8 | (word & 0xFF) << 8 for word in packed]
    assert decode(kind, packed, order) == MISSING
    beside = packed.copy()
    beside[-1 if order in ("ABCD", "BADC") else 0] ^= 0x0202
    assert decode(kind, beside, order) != MISSING or kind.endswith("64")


def test_a_device_that_uses_the_whole_range_says_so() -> None:
    assert decode("UINT16", [0xFFFF]) == MISSING
    assert decode("UINT16", [0xFFFF], sentinel=False) == Value(65535.0, "GOOD")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e30])
def test_floats_that_are_no_number_or_absurd_are_missing(value: float) -> None:
    assert decode("FLOAT32", words_of(struct.pack(">f", value))) == MISSING
    assert decode("FLOAT64", words_of(struct.pack(">d", value)), sentinel=False) == MISSING


@pytest.mark.parametrize(
    ("raw", "scale", "expected"),
    [(11012, 0.001, 11.012), (3, 0.1, 0.3), (7, 2.5, 17.5), (1, 1e-05, 1e-05), (12, 10.0, 120.0), (1, 1e-300, 1e-300)],
)
def test_a_scaled_integer_has_the_digits_of_its_scale(raw: int, scale: float, expected: float) -> None:
    assert decode("UINT16", [raw], scale=scale).value == expected


@pytest.mark.parametrize(
    ("kind", "expected"), [("INT8L", -2.0), ("UINT8L", 254.0), ("INT8H", -127.0), ("UINT8H", 129.0)]
)
def test_half_registers(kind: ValueType, expected: float) -> None:
    assert decode(kind, [0x81FE]).value == expected
    assert decode(kind, [0xFE81], "DCBA").value == expected


@pytest.mark.parametrize(("bit", "expected"), [(0, 1.0), (1, 0.0), (15, 1.0)])
def test_bits(bit: int, expected: float) -> None:
    assert decode("BIT", [0x8001], bit=bit).value == expected


@pytest.mark.parametrize(("raw", "quality"), [(49, "SUSPECT"), (50, "GOOD"), (60, "GOOD"), (61, "SUSPECT")])
def test_a_value_outside_its_bounds_is_carried_as_suspect(raw: int, quality: Quality) -> None:
    assert decode("UINT16", [raw], min=50.0, max=60.0) == Value(float(raw), quality)


def test_a_coil_is_zero_or_one() -> None:
    coil = FieldSpec.model_validate({"name": "c", "register": "coil", "address": 0})
    assert [decoder_of(coil, "ABCD")([bit]).value for bit in (0, 1)] == [0.0, 1.0]
