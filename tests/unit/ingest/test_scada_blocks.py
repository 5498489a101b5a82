"""Fields merged into requests."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridctl.ingest.scada.model import DeviceSpec
from gridctl.ingest.scada.plan import blocks_of


def device(fields: list[dict[str, Any]], **settings: Any) -> DeviceSpec:
    return DeviceSpec.model_validate(
        {"device_id": "d", "address": "h:1", "unit_id": 1, "field": fields, **settings}, strict=True
    )


def word(address: int, kind: str = "UINT16", **more: Any) -> dict[str, Any]:
    return {"name": f"f{address}-{kind}", "address": address, "type": kind, **more}


def spans(spec: DeviceSpec) -> list[tuple[str, int, int]]:
    return [(block.register, block.address, block.count) for block in blocks_of(spec)]


def test_neighbours_are_one_request_and_a_gap_makes_two() -> None:
    fields = [word(14), word(1), word(2), word(3), word(5), word(6), word(10, "INT32"), word(12)]
    assert spans(device(fields)) == [("holding", 1, 3), ("holding", 5, 2), ("holding", 10, 3), ("holding", 14, 1)]


def test_each_kind_of_register_has_its_own_requests() -> None:
    fields = [word(0), word(1, register="input"), {"name": "c", "register": "coil", "address": 2}]
    fields.append({"name": "d", "register": "discrete", "address": 3})
    assert spans(device(fields)) == [("coil", 2, 1), ("discrete", 3, 1), ("holding", 0, 1), ("input", 1, 1)]


@pytest.mark.parametrize(
    ("optimization", "expected"),
    [
        ("none", [("holding", 0, 6)]),
        ("shrink", [("holding", 1, 4)]),
        ("max_insert", [("holding", 1, 4)]),
    ],
)
def test_omitted_fields(optimization: str, expected: list[tuple[str, int, int]]) -> None:
    fields = [word(address, omit=address not in (1, 4)) for address in range(6)]
    assert spans(device(fields, optimization=optimization)) == expected


@pytest.mark.parametrize(("fill", "expected"), [(3, [("holding", 0, 5)]), (2, [("holding", 0, 1), ("holding", 4, 1)])])
def test_max_insert_bridges_gaps_of_at_most_the_fill(fill: int, expected: list[tuple[str, int, int]]) -> None:
    spec = device([word(0), word(4)], optimization="max_insert", optimization_max_register_fill=fill)
    assert spans(spec) == expected


def test_a_request_has_at_most_125_registers_or_what_the_device_takes() -> None:
    fields = [word(address, "INT32") for address in range(0, 130, 2)]
    assert spans(device(fields)) == [("holding", 0, 124), ("holding", 124, 6)]
    assert spans(device(fields[:4], max_word_registers_per_request=5)) == [("holding", 0, 4), ("holding", 4, 4)]


def test_coils_go_up_to_two_thousand() -> None:
    fields = [{"name": f"c{address}", "register": "coil", "address": address} for address in (0, 1999, 2000)]
    spec = device(fields, optimization="max_insert", optimization_max_register_fill=125)
    assert spans(spec) == [("coil", 0, 1), ("coil", 1999, 2)]


def test_several_bits_of_one_register_are_one_request() -> None:
    fields = [word(3, "BIT", bit=bit) | {"name": f"b{bit}"} for bit in range(16)]
    assert spans(device(fields)) == [("holding", 3, 1)]


@given(
    st.lists(
        st.tuples(st.integers(0, 600), st.sampled_from(["UINT16", "INT32", "FLOAT64"]), st.booleans()),
        min_size=1,
        max_size=60,
        unique_by=lambda field: field[:2],
    ),
    st.sampled_from(["none", "shrink", "max_insert"]),
    st.integers(1, 125),
    st.integers(4, 125),
)
def test_every_point_lies_whole_in_a_block_within_the_limits(
    fields: list[tuple[int, str, bool]], optimization: str, fill: int, limit: int
) -> None:
    listed = [word(address, kind, omit=omit) for address, kind, omit in fields]
    spec = device(
        [*listed, word(700)],
        optimization=optimization,
        optimization_max_register_fill=fill,
        max_word_registers_per_request=limit,
    )
    blocks = blocks_of(spec)
    for field in spec.points:
        assert any(block.offset_of(field) is not None for block in blocks), (field, blocks)
    assert all(1 <= block.count <= limit for block in blocks)
    wanted = {register for field in spec.points for register in range(field.address, field.address + field.length)}
    for block in blocks:  # no block begins or ends with what nobody asked for
        if optimization != "none":
            assert {block.address, block.address + block.count - 1} <= wanted
    assert len(blocks) <= len(spec.points)
