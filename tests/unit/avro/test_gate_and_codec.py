"""Random schema texts, good and broken: the gate and the codec take and refuse the same ones, at the same places."""

import copy
import json
import random
from collections import Counter
from io import BytesIO
from typing import Any

import fastavro
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from gridctl.avro import Level, Schema, can_read, parse
from gridctl.avro.codec import AvroDecodeError, AvroSchemaError, compile_decoder, compile_encoder
from gridctl.avro.codec.writing import write
from gridctl.avro.model import ABSENT, Array, Collection, Enum, Fixed, Named, Node, Record, Union
from gridctl.avro.usable import default_value
from gridctl.contracts.verdict import Finding
from gridctl.governance.check import check_tree
from gridctl.governance.lint import lint
from gridctl.governance.stores import SchemaTree, StoredSchema
from tests.real.schema_pairs import Editor, SchemaMaker, holders, pairs
from tests.support.thorough import examples

pytestmark = pytest.mark.thorough

ODD_DEFAULTS = ["four", "\u00ff", "\u0100", "\ud800", "RED", "PINK", "1.5f", "1.5", 1e300, 10**400, 1, None, {}, []]
JUNK = [None, 5, "", "nothing", {}, [], ["int", "int"], {"type": "enum", "name": "E", "symbols": []}]
TOO_DEEP = 6


class Breaker:
    """Makes a schema another one: valid still, of no use to a codec, or not a schema any more."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def break_(self, document: Any) -> str:
        rng = self._rng
        box = [copy.deepcopy(document)]
        rng.choice((self._default, self._default, self._order, self._again, self._itself, self._junk, len))(box)
        text = json.dumps(box[0])
        if rng.random() < 0.05:
            at = rng.randrange(len(text))
            text = text[:at] + text[at + 1 :]
        return text

    def _default(self, box: Any) -> None:
        fields = [field for holder, key in holders(box) for field in fields_of(holder[key])]
        if fields:
            self._rng.choice(fields)["default"] = self._rng.choice(ODD_DEFAULTS)

    def _order(self, box: Any) -> None:
        """Put names before their definitions."""
        for holder, key in holders(box):
            fields_of(holder[key]).reverse()

    def _again(self, box: Any) -> None:
        """Define a type a second time, where it is used or where it is not."""
        places = list(holders(box))
        named = [holder[key] for holder, key in places if isinstance(holder[key], dict) and "name" in holder[key]]
        if named:
            holder, key = self._rng.choice(places)
            holder[key] = copy.deepcopy(self._rng.choice(named))

    def _itself(self, box: Any) -> None:
        """Let a record hold itself, with or without an end."""
        name = box[0].get("name", "A") if isinstance(box[0], dict) else "A"
        holder, key = self._rng.choice(list(holders(box)))
        holder[key] = self._rng.choice((name, ["null", name], {"type": "array", "items": name}))

    def _junk(self, box: Any) -> None:
        holder, key = self._rng.choice(list(holders(box)))
        holder[key] = copy.deepcopy(self._rng.choice(JUNK))


def fields_of(raw: Any) -> list[Any]:
    return raw["fields"] if isinstance(raw, dict) and isinstance(raw.get("fields"), list) else []


def text_from(rng: random.Random) -> str:
    document = SchemaMaker(rng).schema()
    for _ in range(rng.choice((0, 0, 1, 2))):
        document = Editor(rng).edit(document)
    return Breaker(rng).break_(document)


def refused_at(compile_it: Any, *schemas: str) -> str | None:
    """Return the place that the codec names for a refusal, or None where it takes the schemas."""
    try:
        compile_it(*schemas)
    except AvroSchemaError as error:
        return error.path
    return None


def found_by_the_gate(text: str) -> list[Finding]:
    """Return what `schema check` finds, once it was held against `schema lint`."""
    tree = SchemaTree("t", (StoredSchema("s", 1, "t/s/v1.avsc", text),))
    found = list(check_tree(tree, Level.FULL_TRANSITIVE, ["s"]).findings)
    assert found == [each for each in lint(tree, None).findings if each.rule in ("invalid-schema", "unusable-schema")]
    assert all(finding.line and finding.column for finding in found)
    return found


class TooDeepError(Exception):
    """No value was found within a few records."""


def value_of(node: Node, rng: random.Random, depth: int = 0) -> Any:
    """Return some value of a type."""
    match node:
        case Record():
            if depth > TOO_DEEP:
                raise TooDeepError
            return {field.name: value_of(field.type, rng, depth + 1) for field in node.fields}
        case Collection():
            size = 0 if depth > 1 else rng.randint(0, 2)
            values = [value_of(node.content, rng, depth) for _ in range(size)]
            return values if isinstance(node, Array) else {str(at): value for at, value in enumerate(values)}
        case Union():
            branches = rng.sample(node.branches, len(node.branches))
            for branch in sorted(branches, key=lambda branch: depth > 1 and bool(branch.children)):
                try:
                    return value_of(branch, rng, depth)
                except TooDeepError:
                    continue
            raise TooDeepError
        case Enum():
            if not node.symbols:
                raise TooDeepError
            return rng.choice(node.symbols)
        case Fixed():
            return rng.randbytes(node.size_bytes)
    numbers = {"int": rng.randint(-(2**31), 2**31 - 1), "long": rng.randint(-(2**63), 2**63 - 1)}
    reals = {"float": rng.randint(-99, 99) / 4, "double": rng.random()}
    other = {"null": None, "boolean": rng.random() < 0.5, "bytes": rng.randbytes(3), "string": "é" * rng.randint(0, 3)}
    return {**numbers, **reals, **other}[node.kind]


def peer_schema(node: Node, defined: set[str]) -> Any:
    """Return a type for fastavro: each definition once and before its use, without all else."""
    if isinstance(node, Union):
        return [peer_schema(branch, defined) for branch in node.branches]
    if isinstance(node, Collection):
        return {"type": node.kind, node.key: peer_schema(node.content, defined)}
    if not isinstance(node, Named):
        return node.kind
    name = node.full.replace(".", "_")
    if name in defined:
        return name
    defined.add(name)
    made: dict[str, Any] = {"type": node.kind, "name": name}
    if isinstance(node, Record):
        made["fields"] = [{"name": field.name, "type": peer_schema(field.type, defined)} for field in node.fields]
    elif isinstance(node, Enum):
        made["symbols"] = node.symbols
    elif isinstance(node, Fixed):
        made["size"] = node.size_bytes
    return made


def assert_a_value_goes_through(schema: Schema, text: str, value: Any) -> None:
    encode, decode = compile_encoder(text), compile_decoder(text, text)
    body = encode(value)
    found = decode(body, 0)
    peer = fastavro.schemaless_reader(BytesIO(body), peer_schema(schema.root, set()), None)
    assert repr(found) == repr(peer)
    assert encode(found) == body == write(schema.root, value)
    if not any(isinstance(node, Union) for node in schema.types()):
        assert found == value


def assert_each_default_is_written(schema: Schema, rng: random.Random) -> None:
    for record in schema.types():
        for field in record.fields if isinstance(record, Record) else ():
            if field.default is ABSENT:
                continue
            try:
                value = value_of(record, rng)
            except TooDeepError:
                continue
            body = write(record, {**value, field.name: default_value(field)})
            del value[field.name]
            assert write(record, value) == body


def test_the_gate_and_the_codec_take_and_refuse_the_same_texts() -> None:
    seen: Counter[str] = Counter()

    @given(st.integers(0, 2**63))
    @settings(max_examples=examples(1_000), deadline=None)
    def hold(seed: int) -> None:
        rng = random.Random(seed)
        text = text_from(rng)
        note(text)
        found = found_by_the_gate(text)
        place = (found[0].path or "") if found else None
        assert refused_at(compile_encoder, text) == place
        assert refused_at(compile_decoder, '"int"', text) == place
        is_invalid = bool(found) and found[0].rule == "invalid-schema"
        assert refused_at(compile_decoder, text) == (place if is_invalid else None)
        seen[found[0].rule if found else "good"] += 1
        if not found:
            schema = parse(text)
            try:
                value = value_of(schema.root, rng)
            except TooDeepError:
                return
            assert_a_value_goes_through(schema, text, value)
            assert_each_default_is_written(schema, rng)
            seen["through"] += 1

    hold()
    assert min(seen[word] for word in ("good", "through", "invalid-schema", "unusable-schema")) >= examples(50), seen


def has_an_alias_that_is_taken(reader: Schema) -> bool:
    """Tell whether two fields of one record ask for one name: the engine gives it to both, the decoder to one."""
    for record in reader.types():
        fields = record.fields if isinstance(record, Record) else []
        names = [name for field in fields for name in (field.name, *field.aliases)]
        if len(set(names)) < len(names):
            return True
    return False


def test_what_the_engine_calls_compatible_the_decoder_reads() -> None:
    seen: Counter[str] = Counter()

    @given(st.integers(0, 2**63))
    @settings(max_examples=examples(1_000), deadline=None)
    def hold(seed: int) -> None:
        pair = next(pairs(seed))
        note(f"reader {pair.reader}\nwriter {pair.writer}")
        if refused_at(compile_encoder, pair.reader) or refused_at(compile_encoder, pair.writer):
            return
        reader, writer = parse(pair.reader), parse(pair.writer)
        if can_read(reader, writer) or has_an_alias_that_is_taken(reader):
            return
        try:
            body = compile_encoder(writer)(value_of(writer.root, random.Random(seed)))
            found = compile_decoder(writer, reader)(body, 0)
        except TooDeepError:
            return
        except AvroDecodeError as error:
            if error.rule == "bad_utf8":  # bytes that are read as a string
                return
            raise
        compile_encoder(reader)(found)
        seen["changed" if pair.reader != pair.writer else "same"] += 1

    hold()
    assert seen["changed"] >= examples(100), seen
