"""The generated decoder: Python source made once from a plan, for the bytes that encoders usually write.

It covers one-block arrays and the shortest form of lengths and indexes, checks the bounds of most reads by the next
read or at the end (a slice beyond the end is short, never an error, and what follows it fails), and leaves all else,
by an exception, to `reading.read`, which reads the body or says what is wrong with it.
"""

from collections.abc import Callable
from typing import Any

from gridctl.avro.codec.decoder_parts import Body
from gridctl.avro.codec.errors import usable, valid
from gridctl.avro.codec.plan import Items, Members, Plan, children, resolve
from gridctl.avro.codec.reading import read
from gridctl.avro.model import Json, Schema


def compile_decoder(writer: Schema | Json, reader: Schema | Json = None) -> Callable[[bytes, int], Any]:
    """Return `decode(payload, offset)`, which reads the body from the offset to the end of the payload.

    Values are those of the underlying type: a logical type changes nothing, so timestamp-millis gives epoch
    milliseconds as int, decimal gives bytes, uuid gives its text. With a reader's schema the value is the reader's.
    `decode` raises AvroDecodeError for whatever is wrong with the bytes, and with rule `resolution` where the reader
    cannot take what the writer wrote; compile_decoder raises AvroSchemaError for a writer's schema that is not valid,
    and for a reader's that the codec cannot use. The writer's defaults do not matter for what it wrote.
    """
    written = valid(writer)
    plan = resolve(written.root, (written if reader is None else usable(reader)).root)

    def careful(payload: bytes, offset: int) -> Any:
        return read(plan, bytes(payload), offset)

    plans, shared = _all_plans(plan)
    if any(isinstance(part, Items) and not part.least for part in plans):
        return careful  # only the careful reader counts items of no bytes
    function: Callable[[bytes, int], Any] = Body(shared).compile(plan, careful)
    return function


def _all_plans(root: Plan) -> tuple[list[Plan], set[int]]:
    """Return all parts of a plan, and the ids of the records that are used in more than one place."""
    found = {id(root): root}
    shared: set[int] = set()
    waiting = [root]
    while waiting:
        for child in children(waiting.pop()):
            if id(child) not in found:
                found[id(child)] = child
                waiting.append(child)
            elif isinstance(child, Members):
                shared.add(id(child))
    return list(found.values()), shared
