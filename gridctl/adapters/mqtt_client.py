"""An MQTT 5 client with its login, and the address that it connects to."""

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion

from gridctl.adapters.login import Login, tls_context
from gridctl.contracts.addresses import without_password
from gridctl.errors import UsageProblem

# Many brokers close the connection without a word where the login is wrong.
NO_ANSWER = "no answer to CONNECT; the login may be wrong"


def new_client(client_id: str, login: Login, *, manual_ack: bool = False) -> Client:
    """Return a client that is not connected yet; raise UsageProblem for TLS files that cannot be used."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv5, manual_ack=manual_ack)
    if login.username is not None or login.password is not None:
        client.username_pw_set(login.username, login.password)
    if login.tls or login.tls_files:
        client.tls_set_context(tls_context(login, "MQTT broker"))
    return client


def split_address(address: str) -> tuple[str, int]:
    """Split `host:port` (an IPv6 host in brackets); raise UsageProblem when it is something else."""
    host, colon, port = address.rpartition(":")
    if not colon or not host or "@" in host or not port.isdecimal() or not 0 < int(port) <= 65535:  # noqa: PLR2004 -- the ports of TCP
        raise UsageProblem(
            f"{without_password(address)}: not HOST:PORT",
            next_step="write for example --mqtt 127.0.0.1:1883; GRIDCTL_MQTT_USERNAME and GRIDCTL_MQTT_PASSWORD log in",
        )
    return host.strip("[]"), int(port)
