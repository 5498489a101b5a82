"""Whether a part of the platform answers; each probe raises Unavailable when it does not, within seconds."""

from collections.abc import Callable, Mapping
from contextlib import closing

from gridctl.adapters.kafka.metadata import require_reachable
from gridctl.adapters.mqtt_publisher import MqttPublisher
from gridctl.adapters.redis_state import RedisState
from gridctl.adapters.registry import HttpRegistry, RegistryOptions

PROBE_TIMEOUT_S = 3.0


def broker(address: str) -> None:
    """Ask a Kafka broker for its metadata."""
    require_reachable(address, {}, PROBE_TIMEOUT_S)


def registry(address: str) -> None:
    """Ask a registry for its subjects."""
    with HttpRegistry(RegistryOptions(address, timeout_s=PROBE_TIMEOUT_S)) as client:
        client.subjects()


def redis(address: str) -> None:
    """Ping Redis or Valkey."""
    with closing(RedisState(address)) as state:
        state.ping()


def mqtt(address: str) -> None:
    """Connect to an MQTT broker as a client."""
    MqttPublisher(address, "gridctl-probe").close()


PROBES: Mapping[str, Callable[[str], None]] = {"broker": broker, "registry": registry, "redis": redis, "mqtt": mqtt}
