"""Settings of every Kafka client, by its role. Ordinary ones may be overridden; what a guarantee rests on may not."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from gridctl.errors import UsageProblem

Value = str | int | float | bool
Overrides = Mapping[str, Value]
"""What the profile says of the client: librdkafka's settings by name."""
Role = Literal["admin", "producer", "consumer", "reader"]

# Every message is acknowledged or given back within this time, so that a command never hangs on a broker that is away.
MESSAGE_TIMEOUT_MS = 8_000

BASE: Mapping[str, Value] = {
    "client.id": "gridctl",
    # A broker that is away for long is found again within a second of its return.
    "reconnect.backoff.max.ms": 1000,
    "socket.connection.setup.timeout.ms": 5000,
    # librdkafka writes each failed connection attempt to stderr; what matters of it reaches the user as an exception.
    # A Python logger in its place deadlocks now and then where a log line meets `consume` or `close`.
    "log_level": 0,
}
# What a profile may change.
ORDINARY: Mapping[Role, Mapping[str, Value]] = {
    "admin": {},
    "producer": {
        "compression.type": "lz4",
        "linger.ms": 5,
        "message.timeout.ms": MESSAGE_TIMEOUT_MS,
        # What a dead letter topic takes: the largest raw cap, and the envelope around it.
        "message.max.bytes": 2 * 1024 * 1024,
        # Bounds the memory of what is not yet acknowledged, also when all of it is dead letters of the largest size.
        "queue.buffering.max.kbytes": 64 * 1024,
        "queue.buffering.max.messages": 100_000,
    },
    "consumer": {
        "partition.assignment.strategy": "cooperative-sticky",
        # A member that was killed and does not come back under its id is given up after this.
        "session.timeout.ms": 10_000,
        "heartbeat.interval.ms": 2_000,
        # Fetches are answered at once; batches form while the last one is applied.
        "fetch.wait.max.ms": 50,
        "queued.max.messages.kbytes": 16_384,
    },
    "reader": {"fetch.wait.max.ms": 50},
}
FIXED: Mapping[Role, Mapping[str, Value]] = {
    "admin": {},
    "producer": {"enable.idempotence": True, "acks": "all"},
    "consumer": {
        "enable.auto.commit": False,
        "enable.auto.offset.store": True,  # `commit` covers what `batch` returned, of partitions still held
        "auto.offset.reset": "earliest",
        "check.crcs": True,
        "enable.partition.eof": False,
        "isolation.level": "read_committed",
    },
    "reader": {
        # Partitions are assigned by hand and nothing is committed; the client wants a name all the same.
        "group.id": "gridctl-reader",
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "check.crcs": True,
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
    },
}


def client_config(
    role: Role, bootstrap: str, overrides: Overrides, own: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the settings of a client; `overrides` are the profile's, `own` are this client's and win.

    UsageProblem where an override would break a guarantee of the platform, whatever the role: a profile is for all.
    """
    for name, value in overrides.items():
        _judge(name, str(value))
    return {**BASE, **ORDINARY[role], **overrides, **FIXED[role], **(own or {}), "bootstrap.servers": bootstrap}


class _Guarantee(NamedTuple):
    """What a setting must say, as a test of its text, and the words for a value that does not."""

    holds: Callable[[str], bool]
    words: str


def _one_of(*texts: str) -> Callable[[str], bool]:
    return lambda text: text.lower() in texts


def _within(low: int, high: int) -> Callable[[str], bool]:
    return lambda text: text.isdecimal() and low <= int(text) <= high


_ON, _OFF = _one_of("true", "t", "1"), _one_of("false", "f", "0")
_ONCE = "a record must be written once and in its order"
_COMMIT = "an offset is committed after its effect, by the processor"
_GUARANTEES = {
    "acks": _Guarantee(_one_of("all", "-1"), "every in-sync replica must acknowledge a record: only all"),
    "enable.idempotence": _Guarantee(_ON, f"{_ONCE}: only true"),
    "max.in.flight.requests.per.connection": _Guarantee(_within(1, 5), f"{_ONCE}: 1 to 5"),
    "message.send.max.retries": _Guarantee(_within(1, 2**31 - 1), f"{_ONCE}: 1 or more"),
    "queuing.strategy": _Guarantee(_one_of("fifo"), f"{_ONCE}: only fifo"),
    "partitioner": _Guarantee(
        lambda text: text.lower() != "random", "events of a device must stay in one partition: any but random"
    ),
    "transactional.id": _Guarantee(_one_of(), "the audit ledger alone writes in transactions: no value"),
    "delivery.report.only.error": _Guarantee(_OFF, "every acknowledgement is waited for: only false"),
    "enable.auto.commit": _Guarantee(_OFF, f"{_COMMIT}: only false"),
    "enable.auto.offset.store": _Guarantee(_ON, f"{_COMMIT}, which commits what was stored: only true"),
    "auto.offset.reset": _Guarantee(
        _one_of("earliest", "smallest", "beginning"), "no event may be skipped: only earliest"
    ),
    "check.crcs": _Guarantee(_ON, "a damaged record must be noticed: only true"),
    "isolation.level": _Guarantee(_one_of("read_committed"), "an aborted record is not an event: only read_committed"),
    "default.topic.config": _Guarantee(_one_of(), "settings have names of their own: no value"),
    "metadata.broker.list": _Guarantee(_one_of(), "`bootstrap` names the broker: no value"),
}
_ALIASES = {
    "request.required.acks": "acks",
    "max.in.flight": "max.in.flight.requests.per.connection",
    "retries": "message.send.max.retries",
    "auto.commit.enable": "enable.auto.commit",
}


def _judge(name: str, text: str) -> None:
    """Raise UsageProblem for a setting that breaks a guarantee, under any of the names that the client takes."""
    plain = name.removeprefix("topic.")
    guarantee = _GUARANTEES.get(_ALIASES.get(plain, plain))
    if guarantee is not None and not guarantee.holds(text):
        raise UsageProblem(
            f"Kafka setting {name} = {text} is refused: {guarantee.words} is possible",
            next_step="take it out of [profile.NAME.kafka], or out of -X",
        )
