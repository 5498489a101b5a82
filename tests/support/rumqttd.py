"""One rumqttd, as `gridctl up` starts it."""

import subprocess
import sys
from pathlib import Path

from gridctl.adapters.login import NO_LOGIN, Login
from gridctl.adapters.mqtt_publisher import MqttPublisher
from gridctl.errors import Unavailable
from gridctl.local.stack.embedded import MQTT_CONFIG
from gridctl.local.stack.processes import free_ports
from tests.support.wait import wait_until


class Broker:
    """Can be killed, and started again on its port. `more` stands at the end of its configuration, `login` fits it."""

    def __init__(self, directory: Path, more: str = "", login: Login = NO_LOGIN) -> None:
        [port] = free_ports(1)
        self.address = f"127.0.0.1:{port}"
        self._login = login
        self._config = directory / "mqtt.toml"
        self._config.write_text(MQTT_CONFIG.format(address=self.address) + more)
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gridctl.local.stack.mqtt_server", self._config],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers)

    def _answers(self) -> bool:
        try:
            MqttPublisher(self.address, "probe", self._login).close()
        except Unavailable:
            return False
        return True

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
