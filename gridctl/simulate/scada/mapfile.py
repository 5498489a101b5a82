"""The register map that `gridctl ingest scada --map` reads: one block of holding registers a device."""

from collections.abc import Iterable, Sequence

from gridctl.simulate.scada.layout import Outstation
from gridctl.simulate.scada.registers import BYTE_ORDERS, REGISTERS

# Wide enough that each device is read by one request: then requests, polls and events can be counted as one.
REGISTER_FILL = 8


def map_text(fleet: Iterable[Outstation], addresses: Sequence[str], *, interval_ms: int, timeout_ms: int) -> str:
    """Return the map as TOML; `addresses` are the ports' `host:port`."""
    rows = [
        "# Written by `gridctl simulate scada`; read by `gridctl ingest scada --map`.",
        f"interval_ms = {interval_ms}",
        f"timeout_ms = {timeout_ms}",
    ]
    for device in fleet:
        rows += [
            "",
            "[[device]]",
            f'device_id = "{device.device_id}"',
            f'address = "{addresses[device.port_index]}"',
            f"unit_id = {device.unit_id}",
            f'byte_order = "{BYTE_ORDERS[device.kind]}"',
            'optimization = "max_insert"',
            f"optimization_max_register_fill = {REGISTER_FILL}",
        ]
        for register in REGISTERS[device.kind]:
            rows += [
                "[[device.field]]",
                f'name = "{register.name}"',
                'register = "holding"',
                f"address = {register.address}",
                f'type = "{register.type}"',
                f"scale = {register.scale}",
                f'unit = "{register.unit}"',
                f"min = {register.low}",
                f"max = {register.high}",
            ]
    return "\n".join(rows) + "\n"
