"""How the generated encoder writes each type: as expressions that are joined, fixed-size neighbours in one pack."""

import struct
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from gridctl.avro.codec.source import ONE_BYTE_SYMBOLS, Bail, Source
from gridctl.avro.codec.varint import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN, SMALL_LIMIT, encode_long, tables
from gridctl.avro.codec.writing import write
from gridctl.avro.model import PRIMITIVES, Collection, Enum, Fixed, Map, Node, Primitive, Record, Union
from gridctl.avro.usable import MAX_DEPTH

_STRUCT_CODES = {"float": "f", "double": "d", "boolean": "?"}


class _Slot(NamedTuple):
    """One value of fixed size; where `null_tag` is not None the value may be None."""

    code: str
    expression: str
    check: str
    tested: str = ""
    tag: int = 0
    null_tag: int | None = None


class _Frame(NamedTuple):
    """What is being written: finished parts, the fixed-size values since, and how deep in records it is."""

    parts: list[str]
    run: list[_Slot]
    depth: str


def _checked(low: int, high: int) -> Callable[[int], bytes]:
    def checked(value: int) -> bytes:
        if type(value) is not int or not low <= value <= high:
            raise Bail
        return encode_long(value)

    return checked


class Body(Source[Node]):
    """One generated module: the encoder and the functions for records that are used more than once."""

    def __init__(self, shared: set[int]) -> None:
        super().__init__(shared)
        last, more, small, lengths = tables()
        self.constants |= {
            "join": b"".join,
            "enc": str.encode,
            "last": last,
            "more": more,
            "small": small,
            "lengths": lengths,
            "int_": _checked(INT_MIN, INT_MAX),
            "long_": _checked(LONG_MIN, LONG_MAX),
            "write": write,
        }

    def compile(self, root: Node, extra: Sequence[str], careful: Callable[..., bytes]) -> Any:
        """Return the function that encodes values of the root type."""
        self.constants["careful"] = careful
        given = {name: self.fresh("x") for name in extra}
        arguments = ", ".join(["d", *given.values()])
        with self.block(f"def encode({arguments}):"):
            with self.block("try:"):
                frame = _Frame([], [], "0")
                if isinstance(root, Record):
                    self._members(root, "d", frame, given)
                else:
                    self._value(root, "d", frame)
                self.line(f"return {self._joined(frame)}")
            with self.block("except Exception:"):
                self.line(f"return careful({arguments})")
        while self.waiting:
            name, node = self.waiting.pop()
            with self.block(f"def {name}(d, depth):"):
                frame = _Frame([], [], "depth")
                if isinstance(node, Record):
                    self.bail_if(f"depth >= {MAX_DEPTH}")
                    self._record(node, "d", frame)
                else:
                    self._value(node, "d", frame)
                self.line(f"return {self._joined(frame)}")
        return self.function("encode")

    def _joined(self, frame: _Frame) -> str:
        self._flush(frame)
        parts = frame.parts
        if not parts:
            return 'b""'
        return parts[0] if len(parts) == 1 else f"join(({', '.join(parts)}))"

    def _add(self, frame: _Frame, *parts: str) -> None:
        self._flush(frame)
        frame.parts.extend(parts)

    def _value(self, node: Node, expression: str, frame: _Frame) -> None:
        slot = self._slot(node, expression)
        if slot is not None:
            if slot.null_tag is not None and any(other.null_tag is not None for other in frame.run):
                self._flush(frame)  # two that may be null would need four packs
            frame.run.append(slot)
            return
        name = self.outlined(node, frame.depth, is_nested=isinstance(node, (Collection, Union, Record)))
        if name is not None:
            self._add(frame, f"{name}({expression}, {frame.depth})")
            return
        match node:
            case Primitive():
                self._primitive(node, expression, frame)
            case Fixed():
                value = self.local(expression)
                self.bail_if(f"type({value}) is not bytes or len({value}) != {node.size_bytes}")
                self._add(frame, value)
            case Enum():
                codes = {symbol: encode_long(index) for index, symbol in enumerate(node.symbols)}
                self._add(frame, f"{self.constant(codes)}[{expression}]")
            case Collection():
                self._blocks(node, expression, frame)
            case Union():
                self._union(node, expression, frame)
            case Record():
                self._record(node, expression, frame)

    def _record(self, node: Record, expression: str, frame: _Frame) -> None:
        value, members = self.local(expression), self.fresh()
        self.line(f"{members} = {value} if type({value}) is dict else {value}.__dict__")
        self._members(node, members, frame, {})

    def _members(self, node: Record, value: str, frame: _Frame, given: dict[str, str]) -> None:
        inner = frame._replace(depth=f"{frame.depth}+1")
        for member in node.fields:
            self._value(member.type, given.get(member.name) or f"{value}[{member.name!r}]", inner)

    def _primitive(self, node: Primitive, expression: str, frame: _Frame) -> None:
        value = self.local(f"enc({expression})" if node.kind == "string" else expression)
        match node.kind:
            case "null":
                self.bail_if(f"{value} is not None")
            case "string":
                self._add(frame, f"lengths[len({value})]", value)
            case "bytes":
                self.bail_if(f"type({value}) is not bytes")
                size = f"len({value})"
                self._add(frame, f"lengths[{size}] if {size} < {SMALL_LIMIT} else long_({size})", value)
            case "long" if node.logical_type == "timestamp-millis":
                self._timestamp(value, frame)
            case _:
                self.bail_if(f"type({value}) is not int")
                small = f"small[{value}] if -{SMALL_LIMIT} <= {value} < {SMALL_LIMIT}"
                self._add(frame, f"{small} else {node.kind}_({value})")

    def _timestamp(self, value: str, frame: _Frame) -> None:
        """Milliseconds from 1970-01-02 to 2039 take three groups of 14 bits: three look-ups."""
        zigzag, first, second, third = (self.fresh() for _ in range(4))
        with self.block(f"if {1 << 27} <= {value} < {1 << 41}:"):
            self.line(f"{zigzag} = {value} << 1")
            self.line(f"{first} = more[{zigzag} & 16383]")
            self.line(f"{second} = more[{zigzag} >> 14 & 16383]")
            self.line(f"{third} = last[{zigzag} >> 28]")
        with self.block("else:"):
            self.line(f"{first} = long_({value})")
            self.line(f"{second} = {third} = b''")
        self._add(frame, first, second, third)

    def _blocks(self, node: Collection, expression: str, frame: _Frame) -> None:
        """Write one block of all items and the empty block, as fastavro does."""
        value = self.local(expression)
        keyed = isinstance(node, Map)
        self.bail_if(f"type({value}) is not {'dict' if keyed else 'list'}")
        result, item = self.local('b"\\0"'), self.fresh()
        inner = _Frame([], [], frame.depth)
        with self.block(f"if {value}:"):
            size = f"len({value})"
            parts = self.local(f"[lengths[{size}] if {size} < {SMALL_LIMIT} else long_({size})]")
            if keyed:
                key = self.fresh()
                head = f"for {key}, {item} in {value}.items():"
            else:
                head = f"for {item} in {value}:"
            with self.block(head):
                if keyed:
                    self._primitive(PRIMITIVES["string"], key, inner)
                self._value(node.content, item, inner)
                self._flush(inner)
                self.line(f"{parts} += ({', '.join(inner.parts)},)")
            self.line(f'{parts}.append(b"\\0")')
            self.line(f"{result} = join({parts})")
        self._add(frame, result)

    def _union(self, node: Union, expression: str, frame: _Frame) -> None:
        optional = node.optional
        if optional is None:
            # Which branch takes a value is the careful writer's decision alone.
            self._add(frame, f"write({self.constant(node)}, {expression}, '', {frame.depth})")
            return
        null, other = optional
        self._flush(frame)
        value = self.local(expression)
        names: list[str] = []
        with self.block(f"if {value} is not None:"):
            inner = _Frame([repr(encode_long(other))], [], frame.depth)
            self._value(node.branches[other], value, inner)
            self._flush(inner)
            for part in inner.parts:
                names.append(self.fresh())
                self.line(f"{names[-1]} = {part}")
        with self.block("else:"):
            self.line(f"{names[0]} = {encode_long(null)!r}")
            if names[1:]:
                self.line(f"{' = '.join(names[1:])} = b''")
        self._add(frame, *names)

    def _slot(self, node: Node, expression: str) -> _Slot | None:
        """Return a slot for a type whose values all take the same few bytes."""
        match node:
            case Primitive() if node.kind in _STRUCT_CODES:
                value = self.local(expression)
                check = f"type({value}) is not float"
                if node.kind == "boolean":
                    check = f"{value} is not True and {value} is not False"
                return _Slot(_STRUCT_CODES[node.kind], value, check)
            case Enum() if len(node.symbols) <= ONE_BYTE_SYMBOLS:
                codes = self.constant({symbol: 2 * index for index, symbol in enumerate(node.symbols)})
                return _Slot("B", f"{codes}[{expression}]", "")
            case Union() if node.optional is not None:
                null, other = node.optional
                if node.branches[other].kind not in {*_STRUCT_CODES, "enum"}:
                    return None
                value = self.local(expression)
                slot = self._slot(node.branches[other], value)
                return slot and slot._replace(tested=value, tag=2 * other, null_tag=2 * null)
        return None

    def _flush(self, frame: _Frame) -> None:
        """Turn the fixed-size values since the last part into one part."""
        if not frame.run:
            return
        run = frame.run.copy()
        frame.run.clear()
        checks = [slot.check for slot in run if slot.check and slot.null_tag is None]
        if checks:
            self.bail_if(" or ".join(checks))
        perhaps = next((slot for slot in run if slot.null_tag is not None), None)
        if perhaps is None:
            frame.parts.append(self._pack([(slot.code, slot.expression) for slot in run]))
            return
        result = self.fresh()
        for null in (True, False):
            values: list[tuple[str, str]] = []
            for slot in run:
                if slot is perhaps:
                    values.append(("B", str(slot.null_tag if null else slot.tag)))
                if slot is not perhaps or not null:
                    values.append((slot.code, slot.expression))
            with self.block(f"if {perhaps.tested} is None:" if null else "else:"):
                if not null and perhaps.check:
                    self.bail_if(perhaps.check)
                self.line(f"{result} = {self._pack(values)}")
        frame.parts.append(result)

    def _pack(self, values: list[tuple[str, str]]) -> str:
        codes = "".join(code for code, _ in values)
        if codes == "B":
            return f"last[{values[0][1]}]"
        pack = self.constant(struct.Struct("<" + codes).pack)
        return f"{pack}({', '.join(expression for _, expression in values)})"
