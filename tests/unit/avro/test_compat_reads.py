"""An independent truth: where the engine says compatible, fastavro reads what was written."""

import io
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridctl.avro import can_read, parse_json
from tests.support.thorough import examples

pytestmark = pytest.mark.thorough

Json = Any
PROMOTED = {"int": "long", "long": "double", "float": "double", "string": "bytes"}
VALUES: dict[str, st.SearchStrategy[Json]] = {
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
    "string": st.text(max_size=5),
    "boolean": st.booleans(),
}
SYMBOLS = ["A", "B", "C"]


@st.composite
def field_pairs(draw: st.DrawFn, name: str) -> tuple[Json, Json, Json]:
    """Return the writer's field, the reader's field or None, and a value for the writer's."""
    kind = draw(st.sampled_from([*VALUES, "enum", "union", "array"]))
    writer: Json
    reader: Json
    if kind == "enum":
        written = draw(st.lists(st.sampled_from(SYMBOLS), min_size=1, unique=True))
        read = draw(st.lists(st.sampled_from(SYMBOLS), min_size=1, unique=True))
        head = {"type": "enum", "name": f"E{name}"}
        writer, reader = {**head, "symbols": written}, {**head, "symbols": read}
        if draw(st.booleans()):
            reader["default"] = read[0]
        value: Json = draw(st.sampled_from(written))
    elif kind == "union":
        branch = draw(st.sampled_from(sorted(VALUES)))
        writer = draw(st.sampled_from([branch, ["null", branch]]))
        reader = draw(st.sampled_from([branch, ["null", PROMOTED.get(branch, branch)], [branch, "null"]]))
        value = draw(VALUES[branch] if writer == branch else st.none() | VALUES[branch])
    elif kind == "array":
        item = draw(st.sampled_from(sorted(VALUES)))
        writer = {"type": "array", "items": item}
        reader = {"type": "array", "items": draw(st.sampled_from([item, PROMOTED.get(item, item), "string"]))}
        value = draw(st.lists(VALUES[item], max_size=3))
    else:
        writer, value = kind, draw(VALUES[kind])
        reader = draw(st.sampled_from([kind, PROMOTED.get(kind, kind), "long"]))
    old, new = {"name": name, "type": writer}, {"name": name, "type": reader}
    return old, draw(st.sampled_from([new, new, None])), value


@st.composite
def record_pairs(draw: st.DrawFn) -> tuple[Json, Json, Json]:
    fields = [draw(field_pairs(f"f{at}")) for at in range(draw(st.integers(1, 4)))]
    writer: Json = {"type": "record", "name": "R", "fields": [old for old, _, _ in fields]}
    reader: Json = {"type": "record", "name": "R", "fields": [new for _, new, _ in fields if new is not None]}
    if draw(st.booleans()):
        added = {"name": "added", "type": "int"}
        reader["fields"].append(added if draw(st.booleans()) else {**added, "default": 7})
    return reader, writer, {old["name"]: value for old, _, value in fields}


@settings(max_examples=examples(300), deadline=None)
@given(record_pairs())
def test_what_is_called_compatible_can_be_read(pair: tuple[Json, Json, Json]) -> None:
    reader, writer, value = pair
    if can_read(parse_json(reader), parse_json(writer)):
        return
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(writer), value)
    buffer.seek(0)
    read = fastavro.schemaless_reader(buffer, fastavro.parse_schema(writer), fastavro.parse_schema(reader))
    assert isinstance(read, dict)
    assert set(read) == {field["name"] for field in reader["fields"]}
