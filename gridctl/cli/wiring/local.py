"""The stack on this machine, the demo on it, and the questions of `gridctl status` and `gridctl doctor`."""

from __future__ import annotations

import os
import shutil
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from gridctl.cli.config import ENDPOINT_OF_PART, Settings
from gridctl.cli.config.sources import FILE_NAME
from gridctl.cli.extras import extra
from gridctl.cli.wiring.base import catalogue_of, reader_of, redis_of, registry_of, topic_admin
from gridctl.cli.wiring.streaming import dead_letters_of, mqtt_publisher
from gridctl.errors import Unavailable, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gridctl.local.demo.run import Demo, Plan
    from gridctl.local.doctor import Question
    from gridctl.local.stack.model import Part, Stack, Starter

DEMO_DIR = "demo"


def start_stack(settings: Settings, kind: str, brokers: int, say: Callable[[str], None]) -> Stack:
    """Bring a stack up with its topics and schemas; `kind` of the broker is `embedded` or `kafka`."""
    from gridctl.cli.wiring.governance import register_schemas
    from gridctl.governance.topics import apply
    from gridctl.local.stack.stack import up

    if kind == "embedded" and brokers != 1:
        raise UsageProblem("--brokers needs --broker kafka", next_step="the embedded broker is a single one")
    catalogue = catalogue_of(settings)
    stack = up(settings.state_dir, _starters(kind, brokers), lambda part: probe(part.name, part.address), say)
    own = settings.on_stack()
    say("applying topics and registering schemas")
    apply(catalogue, topic_admin(own))
    report = register_schemas(own, execute=True)
    if report.head is not None:
        say(f"ledger head {report.head}")
    return stack


def _starters(kind: str, brokers: int) -> Mapping[str, Starter]:
    """Return what starts each part, in order."""
    with extra("local", "the stack"):
        from gridctl.local.stack import embedded, kafka
    broker = embedded.broker if kind == "embedded" else partial(kafka.cluster, brokers=brokers)
    return {"broker": broker, "registry": embedded.registry, "redis": embedded.redis, "mqtt": embedded.mqtt}


def probe(name: str, address: str) -> None:
    """Ask whether a part of a local stack answers; raise Unavailable, or UsageProblem for a missing extra."""
    with extra("mqtt", "the probe"):
        from gridctl.adapters.probes import PROBES
    PROBES[name](address)


def probe_configured(name: str, settings: Settings) -> None:
    """Ask whether a part answers, with the profile's credentials and TLS where the profile names it."""
    endpoint = ENDPOINT_OF_PART[name]
    address = settings.endpoint(endpoint)
    if endpoint in settings.from_stack:
        probe(name, address)
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


def configured_parts(settings: Settings) -> list[Part]:
    """Return every part that has an address: those of the stack, and external ones; Unavailable when there is none."""
    from gridctl.local.stack.model import Part, read_stack

    stack = read_stack(settings.state_dir)
    started = {} if stack is None else {part.name: part for part in stack.parts}
    parts = []
    for name, endpoint in ENDPOINT_OF_PART.items():
        address = settings.address(endpoint)
        if endpoint in settings.from_stack and name in started:
            parts.append(started[name])
        elif address is not None:
            parts.append(Part.model_validate({"name": name, "address": address}))
    if not parts:
        raise Unavailable(
            f"no stack is up in {settings.state_dir}, and profile {settings.profile_name} names no endpoint",
            next_step="run `gridctl up`",
        )
    return parts


def part_question(name: str, settings: Settings) -> Question:
    """Return the question whether a part answers; a part without an address does not.

    UsageProblem for a setting of Kafka that breaks a guarantee: no command goes on with it.
    """
    from gridctl.local.doctor import Question

    address = settings.address(ENDPOINT_OF_PART[name]) or ""
    if name == "broker":
        from gridctl.adapters.kafka.config import client_config

        client_config("admin", address, settings.kafka)
    return Question(name, address, partial(probe_configured, name, settings))


def questions_of(settings: Settings) -> Iterator[Question]:
    """Yield what `gridctl doctor` asks: every part, then whether topics and schemas are there."""
    from gridctl.adapters.schema_files import read_tree
    from gridctl.local.doctor import Question, require_schemas, require_topics

    def topics() -> None:
        require_topics(catalogue_of(settings), topic_admin(settings).topics())

    def schemas() -> None:
        with registry_of(settings) as registry:
            require_schemas(read_tree(settings.schemas_dir), registry)

    for name in ENDPOINT_OF_PART:
        yield part_question(name, settings)
    yield Question("topics", settings.address("bootstrap") or "", topics)
    yield Question("schemas", settings.address("registry") or "", schemas)


@contextmanager
def stack_of_demo(settings: Settings, kind: str, say: Callable[[str], None], *, keep: bool) -> Iterator[Settings]:
    """Yield settings on a stack that is up; one that was up before, or that is to be kept, stays."""
    from gridctl.local.stack.model import read_stack
    from gridctl.local.stack.stack import down

    was_up = read_stack(settings.state_dir) is not None
    try:
        start_stack(settings, kind, 1, say)
        yield settings.on_stack()
    finally:
        if not was_up and not keep:
            down(settings.state_dir)


@contextmanager
def demo_of(settings: Settings, plan: Plan, group: str, warn: Callable[[str], None]) -> Iterator[Demo]:
    """Yield a demo on the stack of the settings; its files are deleted when it ended well, else they stay."""
    from gridctl.local.demo.meter import Meter
    from gridctl.local.demo.run import Demo

    work_dir = settings.state_dir / DEMO_DIR
    shutil.rmtree(work_dir, ignore_errors=True)
    work_dir.mkdir(parents=True)
    (work_dir / FILE_NAME).touch()
    bootstrap, catalogue = settings.endpoint("bootstrap"), catalogue_of(settings)
    with (
        reader_of(settings) as reader,
        closing(redis_of(settings)) as state,
        dead_letters_of(settings, warn) as letters,
        closing(Meter(bootstrap, settings.kafka, reader, catalogue, group, state, letters)) as meter,
        Demo(plan, meter, work_dir, _environment(settings)) as demo,
    ):
        yield demo
    shutil.rmtree(work_dir)


def _environment(settings: Settings) -> dict[str, str]:
    """Return what makes a `gridctl` process in the work directory use this stack, and no login that is for another.

    Its own gridctl.toml is empty, and the user's one is not found.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("GRIDCTL_")}
    directories = {"GRIDCTL_STATE_DIR": str(settings.state_dir), "GRIDCTL_SCHEMAS": str(settings.schemas_dir)}
    return {**others, **directories, "XDG_CONFIG_HOME": str(settings.state_dir / DEMO_DIR)}
