"""The wiring of the stack: what starts each part, what asks whether it answers, and the broker's topics."""

from __future__ import annotations

from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from gridctl.cli.config import ENDPOINT_OF_PART, Settings
from gridctl.cli.wiring.base import redis_of, registry_of
from gridctl.cli.wiring.simulate import mqtt_publisher
from gridctl.contracts.addresses import without_password
from gridctl.errors import GridctlError, Unavailable, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gridctl.governance.topics import TopicAdmin
    from gridctl.local.stack.model import Part, Stack, Starter


def starters(kind: str, brokers: int) -> Mapping[str, Starter]:
    """Return what starts each part, in order; `kind` of the broker is `embedded` or `kafka`."""
    try:
        from gridctl.local.stack import embedded, kafka
    except ModuleNotFoundError as error:
        raise UsageProblem(f"the stack needs {error.name}", next_step="pip install 'gridctl[local]'") from error
    broker = embedded.broker if kind == "embedded" else partial(kafka.cluster, brokers=brokers)
    return {"broker": broker, "registry": embedded.registry, "redis": embedded.redis, "mqtt": embedded.mqtt}


def probe(part: Part) -> None:
    """Ask a part of a local stack whether it answers; raise Unavailable."""
    probe_address(part.name, part.address)


def probe_address(name: str, address: str) -> None:
    """Ask whether a part answers at an address; raise Unavailable, or UsageProblem for a missing extra."""
    try:
        from gridctl.adapters.probes import PROBES
    except ModuleNotFoundError as error:
        raise UsageProblem(f"the probe needs {error.name}", next_step="pip install 'gridctl[mqtt]'") from error
    PROBES[name](address)


def probe_configured(name: str, settings: Settings) -> None:
    """Ask whether a part answers, with the profile's credentials and TLS where the profile names it."""
    endpoint = ENDPOINT_OF_PART[name]
    address = settings.endpoint(endpoint)
    if endpoint in settings.from_stack:
        probe_address(name, address)
    elif name == "broker":
        from gridctl.adapters.kafka.metadata import require_reachable

        require_reachable(address, settings.kafka)
    elif name == "registry":
        with registry_of(settings) as registry:
            registry.subjects()
    elif name == "redis":
        with closing(redis_of(settings)) as state:
            state.ping()
    else:
        mqtt_publisher(settings, "gridctl-probe").close()


def problem_of(address: str, ask: Callable[[], None]) -> tuple[str, str]:
    """Ask, and return what is wrong and what to do next, without passwords; both are empty when nothing is."""
    try:
        ask()
    except GridctlError as error:
        problem, next_step = error.message, error.next_step
    except Exception as error:  # noqa: BLE001 -- one part's fault must not hide what is known of the others
        problem, next_step = f"unexpected {type(error).__name__}: {error}", "check the settings of this part"
    else:
        return "", ""
    shown = without_password(address)
    return problem.replace(address, shown), next_step.replace(address, shown)


def stack_of(settings: Settings) -> Stack | None:
    """Return what `gridctl up` started from this state directory, or None."""
    from gridctl.local.stack.model import read_stack

    return read_stack(settings.state_dir)


def configured_parts(settings: Settings) -> list[Part]:
    """Return every part that has an address: those of the stack, and external ones; Unavailable when there is none."""
    from gridctl.local.stack.model import Part

    stack = stack_of(settings)
    started = {} if stack is None else {part.name: part for part in stack.parts}
    parts = []
    for name, endpoint in ENDPOINT_OF_PART.items():
        address = settings.address(endpoint)
        if endpoint in settings.from_stack and name in started:
            parts.append(started[name])
        elif address is not None:
            parts.append(Part.model_validate({"name": name, "kind": "external", "address": address, "processes": ()}))
    if not parts:
        raise Unavailable(
            f"no stack is up in {settings.state_dir}, and profile {settings.profile_name} names no endpoint",
            next_step="run `gridctl up`",
        )
    return parts


@contextmanager
def topic_tail(settings: Settings, topic: str, limit: int) -> Iterator[Iterator[list[dict[str, Any]]]]:
    """Yield the newest records of a topic as rows; each further step gives what was added meanwhile."""
    from gridctl.adapters.kafka.reader import KafkaReader
    from gridctl.streams.codec import FramedDecoder
    from gridctl.streams.tail import tail

    with registry_of(settings) as registry, KafkaReader(settings.endpoint("bootstrap"), settings.kafka) as reader:
        yield tail(reader, FramedDecoder(registry), topic, limit)


def topic_admin(settings: Settings) -> TopicAdmin:
    """Return the administration of the profile's broker."""
    from gridctl.adapters.kafka.admin import KafkaTopics

    return KafkaTopics(settings.endpoint("bootstrap"), settings.kafka)
