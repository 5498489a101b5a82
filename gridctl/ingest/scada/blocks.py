"""Fields merged into few requests: address blocks, as Telegraf's `optimization` names them."""

from collections.abc import Sequence
from dataclasses import dataclass

from gridctl.ingest.scada.model import BITS_MAX, DeviceSpec, FieldSpec, RegisterKind

KINDS: tuple[RegisterKind, ...] = ("coil", "discrete", "holding", "input")


@dataclass(frozen=True)
class Block:
    """One read request: `count` registers, or bits, from `address` on."""

    register: RegisterKind
    address: int
    count: int

    def offset_of(self, field: FieldSpec) -> int | None:
        """Return where in the answer a field begins; None when this block does not hold it."""
        offset = field.address - self.address
        inside = field.kind == self.register and offset >= 0 and offset + field.length <= self.count
        return offset if inside else None


def blocks_of(device: DeviceSpec) -> list[Block]:
    """Return the requests of one poll.

    `none` merges neighbours, omitted fields among them; `shrink` asks for no omitted field at the end or the beginning
    of a request; `max_insert` leaves omitted fields aside and bridges gaps of up to `optimization_max_register_fill`.
    """
    blocks = []
    for kind in KINDS:
        fields = [field for field in device.field if field.kind == kind]
        bridged = device.optimization == "max_insert"
        if bridged:
            fields = [field for field in fields if not field.omit]
        fill = device.optimization_max_register_fill if bridged else 0
        limit = BITS_MAX if kind in ("coil", "discrete") else device.max_word_registers_per_request
        for group in _groups(sorted(fields, key=lambda field: (field.address, -field.length)), fill, limit):
            wanted = [field for field in group if not field.omit]
            if wanted:
                asked = group if device.optimization == "none" else wanted
                first = min(field.address for field in asked)
                blocks.append(Block(kind, first, max(field.address + field.length for field in asked) - first))
    return blocks


def _groups(fields: Sequence[FieldSpec], fill: int, limit: int) -> list[list[FieldSpec]]:
    """Return the fields, which are sorted by address, in groups that one request can read."""
    groups: list[list[FieldSpec]] = []
    start = end = 0
    for field in fields:
        after = max(end, field.address + field.length)
        if groups and field.address - end <= fill and after - start <= limit:
            groups[-1].append(field)
            end = after
        else:
            groups.append([field])
            start, end = field.address, field.address + field.length
    return groups
