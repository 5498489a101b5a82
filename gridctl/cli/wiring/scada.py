"""The wiring of SCADA ingest: which adapter reaches the units, and room for a connection to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridctl.errors import UsageProblem

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

    _make_room(units + OTHER_FILES)
    return ModbusLink


def _make_room(files: int) -> None:
    """Let the process open so many files; the usual soft limit of 1024 is fewer than a substation's units."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= files:
        return
    if hard != resource.RLIM_INFINITY and hard < files:
        raise UsageProblem(
            f"the map needs {files} open files, one for each unit's connection; this process may have {hard}",
            next_step=f"raise the limit (`ulimit -Hn {files}`), or split the map",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
