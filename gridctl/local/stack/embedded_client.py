"""What the embedded broker needs of its clients; those of Apache Kafka are given none of it."""

import os
import re
import time
from collections.abc import Mapping

_CLIENT_ID = re.compile(r"gridctl-(\d+)-(\d+)")


def client_settings() -> Mapping[str, str | int]:
    """Return the librdkafka properties of this process's clients."""
    return {
        # The broker answers a fetch with all that a partition holds, whatever a client asks for.
        "receive.message.max.bytes": 2**30,
        # It never removes a member that was killed: `sessions` does, and must know whose process has ended.
        "client.id": f"gridctl-{os.getpid()}-{int(time.time())}",
    }


def process_of(client_id: str) -> tuple[int, int] | None:
    """Return the pid in a client id of ours and when the client was made, in seconds of the epoch; else None."""
    match = _CLIENT_ID.fullmatch(client_id)
    return (int(match[1]), int(match[2])) if match else None
