"""The simulators' share of the wiring: which adapters send and serve for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridctl.cli.wiring.base import login_of
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridctl.adapters.mqtt_publisher import MqttPublisher
    from gridctl.cli.config import Settings
    from gridctl.simulate.ports import OutstationServers
    from gridctl.simulate.scada.grid import Grid
    from gridctl.simulate.scada.serve import Fault, OutstationAccount


def mqtt_publisher(settings: Settings, client_id: str, address: str | None = None) -> MqttPublisher:
    """Connect to the devices' broker, or to another one with the same login; Unavailable when it does not answer."""
    try:
        from gridctl.adapters.mqtt_publisher import MqttPublisher
    except ModuleNotFoundError as error:
        raise UsageProblem(f"MQTT needs {error.name}", next_step="pip install 'gridctl[mqtt]'") from error

    mqtt = settings.profile.mqtt
    return MqttPublisher(address or settings.endpoint("mqtt"), client_id, login_of(mqtt, tls=mqtt.tls))


def outstation_servers(
    grid: Grid, faults: Mapping[int, Fault], account: OutstationAccount, host: str, port: int
) -> OutstationServers:
    """Return the Modbus servers; they start in an event loop."""
    try:
        from gridctl.adapters.modbus_server import ModbusServers, Outstations
    except ModuleNotFoundError as error:
        raise UsageProblem(f"Modbus needs {error.name}", next_step="pip install 'gridctl[modbus]'") from error

    return ModbusServers(Outstations(grid, faults, account), host, port)
