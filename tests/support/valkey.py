"""A Valkey of its own, as `gridctl up` starts it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import redis

from gridctl.local.stack import embedded
from gridctl.local.stack.processes import stop
from tests.support.wait import wait_until


@contextmanager
def running_valkey(directory: Path) -> Iterator[str]:
    """Yield its address once it answers; end it afterwards."""
    part = embedded.redis(directory)
    try:
        wait_until(lambda: _answers(part.address))
        yield part.address
    finally:
        stop(part.processes)


def _answers(address: str) -> bool:
    with closing(redis.Redis.from_url(address)) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False
