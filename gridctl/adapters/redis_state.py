"""The grid state in Redis 7 or Valkey: hashes of devices, circuit totals and effects a shard, changed by one script.

All keys of a script call carry the shard's hash tag, so the same layout serves a Redis Cluster.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha1
from importlib.resources import files
from typing import Any

import redis

from gridctl.adapters.login import NO_LOGIN, Login, tls_context
from gridctl.contracts.addresses import without_password
from gridctl.errors import Unavailable, Unrecoverable, UsageProblem
from gridctl.process.ports import Applied, Effect
from gridctl.state.model import EFFECTS, SHARDS, CircuitTotal, DeviceState, Outcome, add_up, shard_of
from gridctl.state.record import pack_state, unpack_state

CONNECT_TIMEOUT_S = 3
REPLY_TIMEOUT_S = 30
SCAN_COUNT = 1000

OUTCOME_OF = {outcome.value: outcome for outcome in Outcome}


def keys_of(shard: int, prefix: str = "") -> tuple[str, str, str, str]:
    """Return the keys of a shard: devices, milliwatts by circuit, devices by circuit, events by outcome."""
    tag = f"{prefix}{{gs{shard:02d}}}"
    return f"{tag}:devices", f"{tag}:power_mw", f"{tag}:count", f"{tag}:effects"


class RedisState:
    """Implements StateStore and StateReader. `prefix` comes before every key; only tests and benchmarks use one."""

    def __init__(self, url: str, login: Login = NO_LOGIN, *, prefix: str = "") -> None:
        self._url = url
        given = {"username": login.username, "password": login.password, **_tls(url, login)}
        try:
            self._client = redis.Redis.from_url(
                url, socket_connect_timeout=CONNECT_TIMEOUT_S, socket_timeout=REPLY_TIMEOUT_S, protocol=2
            )
            # The client reads the parameters of the URL with its first connection; this one is never opened.
            pool = self._client.connection_pool
            pool.connection_kwargs.update((name, value) for name, value in given.items() if value is not None)
            pool.connection_class(**pool.connection_kwargs)
        except ValueError:  # its text may repeat a part of the password
            raise self._unavailable("its URL is not redis://HOST:PORT/DB") from None
        except TypeError as error:
            raise UsageProblem(f"a parameter of the redis URL: {error}", next_step="fix `redis.url`") from error
        self._script = files("gridctl.adapters").joinpath("state.lua").read_bytes()
        self._script_sha = sha1(self._script, usedforsecurity=False).hexdigest()
        self._keys = [keys_of(shard, prefix) for shard in range(SHARDS)]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ping(self) -> None:
        """Raise Unavailable unless the server answers."""
        self._ask(self._client.ping)

    def apply(self, effects: Sequence[Effect]) -> Applied:
        """Apply a batch: one script call a shard, all in one round trip; raise Unavailable."""
        arguments: list[list[bytes]] = [[] for _ in range(SHARDS)]
        places: list[list[int]] = [[] for _ in range(SHARDS)]
        for place, effect in enumerate(effects):
            shard = shard_of(effect.device_id)
            arguments[shard] += effect
            places[shard].append(place)
        touched = [shard for shard in range(SHARDS) if places[shard]]
        replies = self._call([(shard, b"apply", arguments[shard]) for shard in touched])
        outcomes = [Outcome.STALE] * len(effects)
        contested: dict[int, DeviceState] = {}
        for shard, (statuses, *rare) in zip(touched, replies, strict=True):
            mine = places[shard]
            for place, status in zip(mine, statuses, strict=True):
                outcomes[place] = OUTCOME_OF[status]
            for index, value in zip(rare[::2], rare[1::2], strict=True):
                contested[mine[index]] = unpack_state(value)
        return Applied(outcomes, contested)

    def settle(self, device_id: bytes, expected: DeviceState | None, new: DeviceState, outcome: Outcome) -> bool:
        """Put a device's new state and count the outcome if the present one is the expected; raise Unavailable."""
        before = b"" if expected is None else pack_state(expected)
        values = [device_id, before, pack_state(new), bytes([outcome.value])]
        [[answer]] = self._call([(shard_of(device_id), b"settle", values)])
        return bool(answer == b"1")

    def devices(self) -> Iterator[tuple[str, DeviceState]]:
        """Yield every device, in no order; raise Unavailable."""
        for devices, *_ in self._keys:
            cursor, found = -1, set[bytes]()
            while cursor != 0:
                cursor, page = self._ask(self._client.hscan, devices, max(cursor, 0), count=SCAN_COUNT)
                for device_id, value in page.items():
                    if device_id not in found:  # a scan may show a field twice
                        found.add(device_id)
                        yield device_id.decode(), unpack_state(value)

    def device(self, device_id: str) -> DeviceState | None:
        """Return one device, or None; raise Unavailable."""
        field = device_id.encode()
        value = self._ask(self._client.hget, self._keys[shard_of(field)][0], field)
        return None if value is None else unpack_state(value)

    def circuits(self) -> dict[str, CircuitTotal]:
        """Return the total of every circuit, added up over the shards; raise Unavailable."""
        pipeline = self._client.pipeline(transaction=True)
        for _, powers, counts, _ in self._keys:
            pipeline.hgetall(powers)
            pipeline.hgetall(counts)
        replies = self._ask(pipeline.execute)
        return add_up(
            (circuit.decode(), CircuitTotal(int(powers.get(circuit, 0)), int(count)))
            for powers, counts in zip(replies[::2], replies[1::2], strict=True)
            for circuit, count in counts.items()
        )

    def effects(self) -> dict[str, int]:
        """Return how many events the script has applied, found stale and found to be duplicates; raise Unavailable.

        A replay counts again: these are events, the state holds what they made.
        """
        pipeline = self._client.pipeline(transaction=False)
        for *_, effects in self._keys:
            pipeline.hgetall(effects)
        counts = Counter(dict.fromkeys(EFFECTS.values(), 0))
        for reply in self._ask(pipeline.execute):
            counts.update({name.decode(): int(count) for name, count in reply.items()})
        return dict(counts)

    def _call(self, calls: list[tuple[int, bytes, list[bytes]]]) -> list[list[Any]]:
        """Run the script for each shard in one round trip; a server that has lost it is sent it again, once."""
        replies: list[Any] = self._ask(self._pipelined, calls)
        unknown = [index for index, reply in enumerate(replies) if isinstance(reply, redis.exceptions.NoScriptError)]
        if unknown:
            self._ask(self._client.script_load, self._script)
            again = self._ask(self._pipelined, [calls[index] for index in unknown])
            for index, reply in zip(unknown, again, strict=True):
                replies[index] = reply
        for reply in replies:
            if isinstance(reply, redis.RedisError):
                raise self._unavailable(reply) from reply
        return replies

    def _pipelined(self, calls: list[tuple[int, bytes, list[bytes]]]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        for shard, verb, arguments in calls:
            pipeline.evalsha(self._script_sha, 4, *self._keys[shard], verb, *arguments)
        return pipeline.execute(raise_on_error=False)

    def _ask(self, call: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return call(*arguments, **named)
        except (redis.RedisError, OSError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception | str) -> Unavailable:
        refused = isinstance(error, redis.AuthenticationError)
        step = "set redis.username and redis.password_file" if refused else "run `gridctl doctor`"
        return (Unrecoverable if refused else Unavailable)(
            f"the grid state at {without_password(self._url)} cannot be used: {error}",
            next_step=f"{step}; `gridctl up` starts a local stack",
        )


def _tls(url: str, login: Login) -> dict[str, str | None]:
    """Return the TLS files as the client names them; without TLS in the URL they would protect nothing."""
    if not login.tls_files:
        return {}
    if not url.startswith("rediss://"):
        raise UsageProblem(f"{without_password(url)}: TLS files without TLS", next_step="write the URL as rediss://")
    tls_context(login, "Redis server")
    files = {"ssl_ca_certs": login.ca_file, "ssl_certfile": login.cert_file, "ssl_keyfile": login.key_file}
    return {name: str(file) for name, file in files.items() if file is not None}
