"""Where nothing listens a command ends at once; where something does it is given its time."""

import socket
from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata

from gridctl.adapters.kafka.config import client_config
from gridctl.adapters.kafka.metadata import PATIENCE_S, metadata_of, require_reachable
from gridctl.errors import Unavailable


class Asked(AdminClient):
    """Notes how long it was to wait for each answer."""

    def __init__(self, bootstrap: str) -> None:
        super().__init__(client_config("admin", bootstrap, {}))
        self.timeouts_s: list[float] = []

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> ClusterMetadata:
        assert topic is None
        self.timeouts_s.append(timeout)
        return super().list_topics(timeout=timeout)


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a listener that never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("bootstrap", ["127.0.0.1:1", "127.0.0.1:1, plaintext://127.0.0.1:2"])
def test_nobody_waits_where_nothing_listens(bootstrap: str) -> None:
    client = Asked(bootstrap)
    with pytest.raises(KafkaException):
        metadata_of(client, bootstrap, 600)
    assert client.timeouts_s == [PATIENCE_S]


@pytest.mark.parametrize("other", ["", "127.0.0.1:1,", "127.0.0.1,", "127.0.0.1:99999,"])
def test_a_broker_that_may_still_answer_is_given_its_time(silent: str, other: str) -> None:
    client = Asked(silent)
    with pytest.raises(KafkaException):
        metadata_of(client, other + silent, 1.5)
    assert client.timeouts_s == [PATIENCE_S, 0.5]


def test_it_is_unavailable_by_its_address(silent: str) -> None:
    with pytest.raises(Unavailable, match=silent):
        require_reachable(silent, {}, 0.2)
