"""What the Redis adapter does when the server is away, restarts, or forgets its script."""

import pytest

from gridctl.adapters.redis_state import RedisState, keys_of
from gridctl.errors import Unavailable
from gridctl.state.model import SHARDS


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    state = RedisState("redis://operator:hunter2@127.0.0.1:1/0")
    for call in (state.ping, state.circuits, state.effects, lambda: list(state.devices()), lambda: state.device("d")):
        with pytest.raises(Unavailable) as caught:
            call()
        assert "127.0.0.1:1" in caught.value.message
        assert "hunter2" not in caught.value.message
        assert caught.value.next_step


@pytest.mark.parametrize("url", ["127.0.0.1:6379", "http://127.0.0.1:6379", "redis://127.0.0.1:notaport"])
def test_a_url_that_cannot_be_read_is_said_to_be_so(url: str) -> None:
    with pytest.raises(Unavailable, match="grid state"):
        RedisState(url).ping()


def test_what_one_call_touches_shares_a_hash_tag() -> None:
    tags = {key[key.index("{") : key.index("}") + 1] for shard in range(SHARDS) for key in keys_of(shard, "p:")}
    assert len(tags) == SHARDS
    for shard in range(SHARDS):
        assert len({key.split(":")[1] for key in keys_of(shard, "p:")}) == 1
        assert len(set(keys_of(shard))) == 4
