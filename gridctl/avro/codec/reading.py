"""Reading with every check, step by step: it decides what a body says and what is wrong with it.

The generated decoder covers the usual bytes; whatever it does not recognise comes here, to be read or to be refused
with a rule. Nothing is allocated by a length that the bytes claim, only by bytes that are there.
"""

import copy
import struct
from collections.abc import Callable
from typing import Any

from gridctl.avro.codec.errors import MAX_EMPTY_ITEMS, AvroDecodeError
from gridctl.avro.codec.plan import Choice, Items, Members, Opaque, Plan, Refuse, Scalar, Symbols
from gridctl.avro.codec.varint import INT_MAX, INT_MIN, decode_long
from gridctl.avro.usable import MAX_DEPTH

_FLOAT = struct.Struct("<f")
_DOUBLE = struct.Struct("<d")


def read(plan: Plan, body: bytes, offset: int) -> Any:
    """Return the value that stands from the offset to the end; AvroDecodeError with the rule that the bytes break."""
    if not 0 <= offset <= len(body):
        raise AvroDecodeError("offset_out_of_bounds", f"offset {offset} in {len(body)} bytes")
    reader = _Reader(body, offset)
    try:
        value = reader.value(plan, 0)
    except RecursionError as error:
        raise AvroDecodeError("depth_exceeded", "nested too deep") from error
    if reader.at != len(body):
        raise AvroDecodeError("trailing_bytes", f"{len(body) - reader.at} bytes follow the value")
    return value


class _Reader:
    """One pass over a body: where it stands, and how many items of no bytes it has seen."""

    def __init__(self, body: bytes, at: int) -> None:
        self._body = body
        self.at = at
        self._empty_items = 0

    def value(self, plan: Plan, depth: int) -> Any:
        """Return the value of one part of the plan, which stands within `depth` records."""
        value: Any
        match plan:
            case Scalar():
                value = self._scalar(plan.kind)
                value = float(value) if plan.to_float else value
            case Opaque():
                value = self._take(plan.size)
            case Symbols():
                value = self._symbol(plan.names)
            case Items(keyed=False):
                value = []
                self._blocks(lambda: value.append(self.value(plan.item, depth)), plan.least)
            case Items():
                value = {}
                # The key is evaluated first: it comes first in the bytes.
                self._blocks(lambda: value.update([(self._text(), self.value(plan.item, depth))]), plan.least)
            case Choice():
                index = self._long()
                if not 0 <= index < len(plan.branches):
                    raise AvroDecodeError("bad_union_index", f"branch {index} of {len(plan.branches)}")
                value = self.value(plan.branches[index], depth)
            case Refuse():
                raise AvroDecodeError("resolution", plan.reason)
            case Members():
                value = self._record(plan, depth)
        return value

    def _record(self, plan: Members, depth: int) -> dict[str, Any]:
        if depth >= MAX_DEPTH:
            raise AvroDecodeError("depth_exceeded", f"more than {MAX_DEPTH} records within records")
        if plan.refused is not None:
            raise AvroDecodeError("resolution", plan.refused)
        found: dict[str, Any] = {}
        for name, step in plan.steps:
            value = self.value(step, depth + 1)
            if name is not None:
                found[name] = value
        found.update(copy.deepcopy(dict(plan.defaults)))
        return {name: found[name] for name in plan.order}

    def _symbol(self, names: tuple[str | None, ...]) -> str:
        index = self._long()
        if not 0 <= index < len(names):
            raise AvroDecodeError("bad_enum_index", f"symbol {index} of {len(names)}")
        name = names[index]
        if name is None:
            raise AvroDecodeError("resolution", f"the reader's enum has neither symbol {index} nor a default")
        return name

    def _scalar(self, kind: str) -> Any:
        value: Any = None
        match kind:
            case "boolean":
                value = self._take(1)[0]
                if value > 1:
                    raise AvroDecodeError("bad_boolean", f"a boolean of {value:#04x}")
                value = value == 1
            case "int" | "long":
                value = self._long()
                if kind == "int" and not INT_MIN <= value <= INT_MAX:
                    raise AvroDecodeError("int_out_of_range", f"an int of {value}")
            case "float":
                value = _FLOAT.unpack(self._take(4))[0]
            case "double":
                value = _DOUBLE.unpack(self._take(8))[0]
            case "bytes":
                value = self._take(self._length())
            case "string":
                value = self._text()
        return value

    def _text(self) -> str:
        raw = self._take(self._length())
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise AvroDecodeError("bad_utf8", f"a string is not UTF-8: {error.reason}") from error

    def _take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self._body):
            raise AvroDecodeError("truncated", f"{size} bytes wanted, {len(self._body) - self.at} left")
        raw = self._body[self.at : end]
        self.at = end
        return raw

    def _long(self) -> int:
        try:
            value, self.at = decode_long(self._body, self.at)
        except IndexError as error:
            raise AvroDecodeError("truncated", "the bytes end within a number") from error
        except OverflowError as error:
            raise AvroDecodeError("varint_too_long", "a number of more than 64 bits") from error
        return value

    def _length(self) -> int:
        """Read a length in bytes."""
        length = self._long()
        left = len(self._body) - self.at
        if not 0 <= length <= left:
            raise AvroDecodeError("length_out_of_bounds", f"a length of {length} with {left} bytes left")
        return length

    def _blocks(self, one: Callable[[], object], least: int) -> None:
        """Read the blocks of an array or map; a negative count is followed by the block's size in bytes."""
        while count := self._long():
            size = self._length() if count < 0 else None
            start = self.at
            count = abs(count)
            left = len(self._body) - start
            if count * least > left:
                raise AvroDecodeError("length_out_of_bounds", f"{count} items with {left} bytes left")
            if not least:
                self._empty_items += count
                if self._empty_items > MAX_EMPTY_ITEMS:
                    raise AvroDecodeError("too_many_empty_items", f"more than {MAX_EMPTY_ITEMS} items of no bytes")
            for _ in range(count):
                one()
            if size is not None and self.at - start != size:
                raise AvroDecodeError("block_size_mismatch", f"a block of {size} bytes takes {self.at - start}")
