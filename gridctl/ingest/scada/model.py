"""The register map, in the words of Telegraf's Modbus plugin; `unit`, `min`, `max` and `sentinel` are our own."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gridctl.contracts.events import Contract
from gridctl.contracts.ids import Identifier
from gridctl.contracts.kinds.scada.model import POINTS_MAX, UNIT_PATTERN

RegisterKind = Literal["coil", "discrete", "holding", "input"]
ByteOrder = Literal["ABCD", "DCBA", "BADC", "CDAB"]
ValueType = Literal[
    "BIT", "INT8L", "INT8H", "UINT8L", "UINT8H", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64",
    "FLOAT16", "FLOAT32", "FLOAT64",
]  # fmt: skip
# A value of 32 bits takes two registers, one of 64 bits four, all others one.
REGISTERS_OF_TYPE: dict[ValueType, int] = {"INT32": 2, "UINT32": 2, "FLOAT32": 2, "INT64": 4, "UINT64": 4, "FLOAT64": 4}
WORDS_MAX, BITS_MAX = 125, 2000
ADDRESS_PATTERN = r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._\-]+):[0-9]{1,5}$"
PORT_MAX = 65_535

IntervalMs = Annotated[int, Field(ge=20, le=86_400_000)]
Finite = Annotated[float, Field(ge=-1e15, le=1e15)]


class FieldSpec(Contract):
    """One value of a device: raw value x scale = value in `unit`; outside min..max it is not plausible."""

    name: Identifier | None = None
    # A model cannot have an attribute of that name: it is one of its class.
    kind: Annotated[RegisterKind, Field(alias="register")] = "holding"
    address: Annotated[int, Field(ge=0, le=0xFFFF)]
    type: ValueType | None = None
    bit: Annotated[int, Field(ge=0, le=15)] | None = None
    scale: Annotated[float, Field(ge=-1e9, le=1e9)] = 1.0
    unit: Annotated[str, Field(max_length=16, pattern=UNIT_PATTERN)] = ""
    min: Finite | None = None
    max: Finite | None = None
    sentinel: bool = True
    omit: bool = False

    @property
    def of_bits(self) -> bool:
        """Whether the field is read as a single bit, not out of 16-bit registers."""
        return self.kind in ("coil", "discrete")

    @property
    def length(self) -> int:
        """How many registers, or bits, it takes."""
        return REGISTERS_OF_TYPE.get(self.type, 1) if self.type else 1

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.omit and self.name is None:
            raise ValueError("name is missing (only a field with omit = true needs none)")
        if self.of_bits and (self.type is not None or self.scale != 1.0 or self.bit is not None):
            raise ValueError("a coil or discrete input is 0 or 1; it takes no type, bit or scale")
        if not self.of_bits and self.type is None and not self.omit:
            raise ValueError("type is missing; a holding or input register needs one")
        if (self.bit is not None) != (self.type == "BIT"):
            raise ValueError("type BIT and bit go together")
        if self.scale == 0:
            raise ValueError("scale is 0: every value would be 0")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        if self.address + self.length > PORT_MAX + 1:
            raise ValueError(f"a {self.type} at address {self.address} ends beyond the last register")
        return self


class DeviceSpec(Contract):
    """One unit behind a TCP address. Without its own interval and timeout it takes those of the map."""

    device_id: Identifier
    address: Annotated[str, Field(pattern=ADDRESS_PATTERN)]
    unit_id: Annotated[int, Field(ge=0, le=255)]
    interval_ms: IntervalMs | None = None
    timeout_ms: Annotated[int, Field(ge=5, le=3_600_000)] | None = None
    byte_order: ByteOrder = "ABCD"
    optimization: Literal["none", "shrink", "max_insert"] = "none"
    optimization_max_register_fill: Annotated[int, Field(ge=1, le=WORDS_MAX)] = 50
    max_word_registers_per_request: Annotated[int, Field(ge=4, le=WORDS_MAX)] = WORDS_MAX
    field: Annotated[list[FieldSpec], Field(min_length=1, max_length=4 * POINTS_MAX)]

    @property
    def host(self) -> str:
        """The host of the address; an IPv6 address without its brackets."""
        return self.address.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The TCP port of the address."""
        return int(self.address.rpartition(":")[2])

    @property
    def points(self) -> list[FieldSpec]:
        """The fields that become points, in the order of the map."""
        return [field for field in self.field if not field.omit]

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        names = [field.name for field in self.points]
        twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
        if twice is not None:
            raise ValueError(f"two fields are named {twice}")
        if not 1 <= len(names) <= POINTS_MAX:
            raise ValueError(f"{len(names)} fields become points; 1 to {POINTS_MAX} may")
        if not 1 <= self.port <= PORT_MAX:
            raise ValueError(f"address {self.address}: this port does not exist")
        return self


class MapSpec(Contract):
    """The whole file."""

    interval_ms: IntervalMs = 1000
    timeout_ms: Annotated[int, Field(ge=5, le=3_600_000)] | None = None
    device: Annotated[list[DeviceSpec], Field(min_length=1)]
