"""The wiring of SCADA ingest: which adapter reaches the units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.ingest.scada.source import Links


def modbus_links() -> Links:
    """Return what makes the link to a unit; UsageProblem when the library is not installed."""
    try:
        from gridctl.adapters.modbus_client import ModbusLink
    except ModuleNotFoundError as error:
        raise UsageProblem(f"Modbus needs {error.name}", next_step="pip install 'gridctl[modbus]'") from error

    return ModbusLink
