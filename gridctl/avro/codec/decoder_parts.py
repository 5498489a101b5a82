"""How the generated decoder reads each part of a plan: fixed-size neighbours in one unpack, the rest inline."""

import copy
import struct
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from gridctl.avro.codec.plan import Choice, Items, Members, Opaque, Plan, Refuse, Scalar, Symbols
from gridctl.avro.codec.source import ONE_BYTE_SYMBOLS, Bail, Source
from gridctl.avro.codec.varint import INT_MAX, INT_MIN, decode_long
from gridctl.avro.usable import MAX_DEPTH

_STRUCT_CODES = {"float": "f", "double": "d", "boolean": "B"}
_BYTES_OF_CODE = {"f": 4, "d": 8, "B": 1, "x": 1}


class _Slot(NamedTuple):
    """One value of fixed size: its struct code, where it goes, and what turns it into the value ("" is nothing).

    Where `null_tag` is not None, a tag byte stands before the value and the value may be absent.
    """

    code: str
    name: str
    table: str
    tag: int = 0
    null_tag: int | None = None


def _int(body: bytes, at: int) -> tuple[int, int]:
    value, at = decode_long(body, at)
    if not INT_MIN <= value <= INT_MAX:
        raise Bail
    return value, at


@cache
def _timestamp_tables() -> tuple[list[int | None], list[int | None], list[int | None]]:
    """Return tables by two bytes (little-endian) for a non-negative varint of six: its first, middle, last two.

    None where the two bytes are not of that place: arithmetic on it fails, and the careful reader decides.
    """
    first: list[int | None] = [None] * 65536
    middle = first.copy()
    final = first.copy()
    for number in range(1 << 14):
        low, high = number & 127, number >> 7
        both = low | 0x8080 | high << 8
        first[both] = None if number & 1 else number >> 1
        middle[both] = number << 13
        final[low | 0x80 | high << 8] = number << 27
    return first, middle, final


class Body(Source[Plan]):
    """One generated module: the decoder and the functions for records that are used more than once.

    In generated code `b` is the payload, `o` the place in it, `e` a scratch place; every name is assigned before use.
    """

    def __init__(self, shared: set[int]) -> None:
        super().__init__(shared)
        self._run: list[_Slot] = []
        self.constants |= {"long_": decode_long, "int_": _int, "fresh": copy.deepcopy}

    def compile(self, root: Plan, careful: Callable[[bytes, int], Any]) -> Any:
        """Return the function that decodes a payload from an offset."""
        self.constants["careful"] = careful
        with self.block("def decode(b, o):"):
            self.line("start = o")
            with self.block("try:"):
                self.bail_if("type(b) is not bytes or o < 0")
                value = self._inlined(root, "0")
                self._flush()
                with self.block("if o == len(b):"):
                    self.line(f"return {value}")
            with self.block("except Exception:"):
                self.line("pass")
            self.line("return careful(b, start)")
        while self.waiting:
            name, plan = self.waiting.pop()
            with self.block(f"def {name}(b, o, depth):"):
                self.bail_if(f"depth >= {MAX_DEPTH}")
                value = self._inlined(plan, "depth")
                self._flush()
                self.line(f"return {value}, o")
        return self.function("decode")

    def _value(self, plan: Plan, depth: str) -> str:
        """Add the lines that read a value; return the expression that it is, once the run is flushed."""
        function = self.outlined(plan, depth, is_nested=isinstance(plan, (Items, Choice, Members)))
        if function is not None:
            self._flush()
            value = self.fresh()
            self.line(f"{value}, o = {function}(b, o, {depth})")
            return value
        return self._inlined(plan, depth)

    def _inlined(self, plan: Plan, depth: str) -> str:
        slot = self._slot(plan)
        if slot is not None:
            if slot.null_tag is not None and any(other.null_tag is not None for other in self._run):
                self._flush()  # two that may be absent would need four layouts
            self._run.append(slot)
            return slot.name
        if isinstance(plan, Members):
            return self._members(plan, depth)
        self._flush()
        value = "None"
        match plan:
            case Scalar() if plan.kind != "null":
                value = self._scalar(plan)
            case Opaque():
                value = self._slice(str(plan.size))
            case Symbols():
                index = self._number("int_")
                names = {i: name for i, name in enumerate(plan.names) if name is not None}
                value = self.local(f"{self.constant(names)}[{index}]")
            case Items():
                value = self._blocks(plan, depth)
            case Choice():
                value = self._choice(plan, depth)
            case Refuse():
                self.line("raise Bail")
        return value

    def _number(self, function: str) -> str:
        """Read a varint: of one byte inline, longer ones by the function."""
        number = self.local("b[o]")
        with self.block(f"if {number} < 128:"):
            self.line(f"{number} = {number} >> 1 ^ -({number} & 1)")
            self.line("o += 1")
        with self.block("else:"):
            self.line(f"{number}, o = {function}(b, o)")
        return number

    def _slice(self, size: str) -> str:
        self.line(f"e = o + {size}")
        value = self.local("b[o:e]")
        self.line("o = e")
        return value

    def _scalar(self, plan: Scalar) -> str:
        match plan.kind:
            case "string":
                return self._text()
            case "bytes":
                number = self._number("long_")
                self.bail_if(f"{number} < 0")
                return self._slice(number)
            case "long" if plan.millis and not plan.to_float:
                return self._timestamp()
            case kind:
                number = self._number(f"{kind}_")
                return f"float({number})" if plan.to_float else number

    def _timestamp(self) -> str:
        tables = _timestamp_tables()
        first, middle, final = (self.constant(table) for table in tables)
        unpack = self.constant(struct.Struct("<HHH").unpack_from)
        low, mid, high = (self.fresh() for _ in range(3))
        self.line(f"{low}, {mid}, {high} = {unpack}(b, o)")
        self.line("o += 6")
        return self.local(f"{first}[{low}] | {middle}[{mid}] | {final}[{high}]")

    def _text(self) -> str:
        value = self.local("b[o]")
        # Bit 0 is the sign, bit 7 says that more follows: neither is set in the length of a short string.
        with self.block(f"if {value} & 129:"):
            self.line(f"{value}, e = long_(b, o)")
            self.bail_if(f"{value} < 0")
            self.line(f"o = e + {value}")
        with self.block("else:"):
            self.line("e = o + 1")
            self.line(f"o = e + ({value} >> 1)")
        self.line(f"{value} = b[e:o].decode()")
        return value

    def _members(self, plan: Members, depth: str) -> str:
        if plan.refused is not None:
            self.line("raise Bail")
            return "None"
        found: dict[str, str] = {}
        for name, step in plan.steps:
            value = self._value(step, f"{depth}+1")
            if name is not None:
                found[name] = value
        for name, default in plan.defaults:
            constant = self.constant(default)
            found[name] = f"fresh({constant})" if isinstance(default, (list, dict)) else constant
        return "{" + ", ".join(f"{name!r}: {found[name]}" for name in plan.order) + "}"

    def _blocks(self, plan: Items, depth: str) -> str:
        many = self.local("{}" if plan.keyed else "[]")
        with self.block("while True:"):
            count = self._number("long_")
            with self.block(f"if not {count}:"):
                self.line("break")
            # A claimed count never drives a loop beyond the bytes that are there.
            self.bail_if(f"{count} < 0 or {count} * {plan.least} > len(b) - o")
            with self.block(f"for _ in range({count}):"):
                key = self._text() if plan.keyed else ""
                value = self._value(plan.item, depth)
                self._flush()
                self.line(f"{many}[{key}] = {value}" if plan.keyed else f"{many}.append({value})")
        return many

    def _choice(self, plan: Choice, depth: str) -> str:
        index, value = self.local("b[o]"), self.fresh()
        self.line("o += 1")
        # Unions have few branches: an index of more than one byte is left to the careful reader.
        for position, branch in enumerate(plan.branches[:ONE_BYTE_SYMBOLS]):
            with self.block(f"{'el' if position else ''}if {index} == {2 * position}:"):
                result = self._value(branch, depth)
                self._flush()
                self.line(f"{value} = {result}")
        with self.block("else:" if plan.branches else "if True:"):
            self.line("raise Bail")
        return value

    def _slot(self, plan: Plan) -> _Slot | None:
        """Return a slot for a part whose values all take the same few bytes."""
        match plan:
            case Scalar() if plan.kind in _STRUCT_CODES:
                table = self.constant((False, True)) if plan.kind == "boolean" else ""
                return _Slot(_STRUCT_CODES[plan.kind], self.fresh(), table)
            case Symbols() if len(plan.names) <= ONE_BYTE_SYMBOLS:
                names = {2 * index: name for index, name in enumerate(plan.names) if name is not None}
                return _Slot("B", self.fresh(), self.constant(names))
            case Choice(branches=(Scalar(kind="null"), other)):
                slot = self._slot(other)
                return slot and slot._replace(tag=2, null_tag=0)
            case Choice(branches=(other, Scalar(kind="null"))):
                slot = self._slot(other)
                return slot and slot._replace(tag=0, null_tag=2)
        return None

    def _flush(self) -> None:
        """Read the fixed-size values since the last part in one unpack."""
        run = self._run.copy()
        self._run.clear()
        if not run:
            return
        perhaps = next((slot for slot in run if slot.null_tag is not None), None)
        if perhaps is None:
            self._unpack(run, absent=None)
            return
        ahead = sum(_BYTES_OF_CODE[slot.code] for slot in run[: run.index(perhaps)])
        tag = self.local(f"b[o + {ahead}]")
        with self.block(f"if {tag} == {perhaps.tag}:"):
            self._unpack(run, absent=None)
        with self.block(f"elif {tag} == {perhaps.null_tag}:"):
            self._unpack(run, absent=perhaps)
            self.line(f"{perhaps.name} = None")
        with self.block("else:"):
            self.line("raise Bail")

    def _unpack(self, run: list[_Slot], absent: _Slot | None) -> None:
        codes = "".join(("" if s.null_tag is None else "x") + ("" if s is absent else s.code) for s in run)
        read = [slot for slot in run if slot is not absent]
        if codes == "B":
            self.line(f"{read[0].name} = b[o]")
        elif read:
            unpack = self.constant(struct.Struct("<" + codes).unpack_from)
            self.line(f"{', '.join(slot.name for slot in read)}, = {unpack}(b, o)")
        self.line(f"o += {sum(_BYTES_OF_CODE[code] for code in codes)}")
        for slot in read:
            if slot.table:
                self.line(f"{slot.name} = {slot.table}[{slot.name}]")
