"""The wiring of SCADA ingest: which adapter reaches the units, and room for a connection to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridctl.errors import UsageProblem
from gridctl.runtime.files import allow_open_files

if TYPE_CHECKING:
    from gridctl.ingest.scada.source import Links

# What the process holds open besides: the broker's connections, the registry's, files and pipes.
OTHER_FILES = 64


def modbus_links(units: int) -> Links:
    """Return what makes the link to each of so many units; UsageProblem when the library, or room, is missing."""
    try:
        from gridctl.adapters.modbus_client import ModbusLink
    except ModuleNotFoundError as error:
        raise UsageProblem(f"Modbus needs {error.name}", next_step="pip install 'gridctl[modbus]'") from error

    allow_open_files(units + OTHER_FILES, "a connection to each unit of the map")
    return ModbusLink
