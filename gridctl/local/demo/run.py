"""The choreography: what starts when, when it may stop, and what is counted.

Everything runs as `gridctl` processes over real sockets; this module only starts them, reads what independent parties
counted, and ends each one in the order in which readings flow, so that every queue is empty before its reader stops.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gridctl.contracts.topics import TopicCatalogue
from gridctl.errors import Unavailable
from gridctl.local.demo.account import Account
from gridctl.local.demo.children import Child

DRAIN_TIMEOUT_S = 45.0
LOOK_EVERY_S = 1.0
EFFECTS = ("applied", "stale", "duplicates")


@dataclass(frozen=True)
class Plan:
    """What to simulate. Devices are thermostats and chargers, nine to one; units are Modbus unit ids on each port."""

    duration_s: float = 20.0
    devices: int = 2000
    interval_s: float = 2.0
    faulty_share: float = 0.02
    ports: int = 2
    units: int = 4
    seed: int = 7

    @property
    def fleets(self) -> dict[str, int]:
        """Devices by simulator."""
        chargers = self.devices // 10
        return {"thermostats": self.devices - chargers, "chargers": chargers}


@dataclass(frozen=True)
class Counts:
    """What independent parties have counted since the demo began."""

    sent: Mapping[str, int]
    unanswered: int
    in_kafka: Mapping[str, int]
    dead_letters: Mapping[str, int]
    effects: Mapping[str, int]

    @property
    def published(self) -> int:
        """Events in the measurement topics."""
        return sum(self.in_kafka.values())

    @property
    def lag(self) -> int:
        """Events in the measurement topics that the state does not show yet."""
        return max(0, self.published - sum(self.effects.values()))


@dataclass(frozen=True)
class Look:
    """One look at the running demo, for a person."""

    elapsed_s: float
    counts: Counts
    latency_ms: Mapping[str, float | None] = field(default_factory=dict)


class Meter(Protocol):
    """Reads the platform's own counters: offsets from Kafka, effects from Redis. All raise Unavailable."""

    def end_offsets(self, topics: list[str]) -> dict[str, int]:
        """Return the sum of the end offsets of each topic's partitions."""
        ...

    def effects(self) -> dict[str, int]:
        """Return how many events the state script applied, found stale, and found to be duplicates."""
        ...


class Demo:
    """One run on a stack that is up, with topics applied and schemas registered."""

    def __init__(self, plan: Plan, catalogue: TopicCatalogue, meter: Meter, work_dir: Path) -> None:
        self.plan = plan
        self.meter = meter
        self.work_dir = work_dir
        self.measured = [spec.name for spec in catalogue.topic if spec.dlq]
        self.dead = catalogue.dead_letter_topics
        self._offsets_before: dict[str, int] = {}
        self._effects_before: dict[str, int] = {}
        self._started_s = 0.0

    def run(self, environment: Mapping[str, str], watch: Callable[[Look], None]) -> tuple[Account, dict[str, Any]]:
        """Run to the end; return the account, and the processor's own summary."""
        with ExitStack() as stack:
            start = _starter(stack, environment, self.work_dir)
            self._prepare(start)
            children = self._start(start)
            self._watch(children, watch)
            for name in ("thermostats", "chargers"):
                children[name].stop()
            self._until(self._mqtt_arrived)
            children["ingest-scada"].stop()
            children["scada"].stop()
            children["ingest-mqtt"].stop()
            self._until(lambda counts: counts.lag == 0)
            summary = children["process"].stop()
        counts = self._counts()
        account = Account(
            counts.sent,
            counts.unanswered,
            counts.in_kafka,
            **{name: counts.effects[name] for name in EFFECTS},
            dead_letters=counts.dead_letters,
        )
        return account, summary

    def _prepare(self, start: Callable[..., Child]) -> None:
        """Publish the asset records, and bring the group up to the end of what earlier runs left."""
        fleets, units = self.plan.fleets, self.plan.ports * self.plan.units
        records = self.work_dir / "assets.jsonl"
        sizes = ["--thermostats", fleets["thermostats"], "--chargers", fleets["chargers"], "--scada", units]
        start("simulate-assets", "simulate", "assets", *sizes, "--seed", self.plan.seed, "--output", records).finish(60)
        start("assets-apply", "assets", "apply", records).finish(60)
        start("catch-up", "process", "--until-idle", "-o", "json").finish(60)
        self._offsets_before = self.meter.end_offsets(self.measured + self.dead)
        self._effects_before = self.meter.effects()

    def _start(self, start: Callable[..., Child]) -> dict[str, Child]:
        plan, seed = self.plan, ("--seed", self.plan.seed)
        children = {"process": start("process", "process", "-o", "json", "--progress", self.work_dir / "latency.json")}
        children["ingest-mqtt"] = start("ingest-mqtt", "ingest", "mqtt", "-o", "json")
        register_map = self.work_dir / "map.toml"
        outstations = ["--ports", plan.ports, "--units", plan.units, "--fault", f"silent:{plan.units}"]
        written = ["--map-out", register_map, "--ledger", self._ledger("scada")]
        children["scada"] = start("scada", "simulate", "scada", *outstations, *written, *seed, "-o", "json")
        _wait(register_map.exists, 30, "the simulated outstations", children)
        children["ingest-scada"] = start("ingest-scada", "ingest", "scada", "--map", register_map, "-o", "json")
        for name, devices in plan.fleets.items():
            fleet = ["--devices", devices, "--interval", plan.interval_s, "--faulty-firmware", plan.faulty_share]
            children[name] = start(name, "simulate", name, *fleet, *seed, "--ledger", self._ledger(name), "-o", "json")
        self._started_s = time.monotonic()
        return children

    def _watch(self, children: Mapping[str, Child], watch: Callable[[Look], None]) -> None:
        while (elapsed_s := time.monotonic() - self._started_s) < self.plan.duration_s:
            for child in children.values():
                child.require_running()
            watch(Look(elapsed_s, self._counts(), _read_json(self.work_dir / "latency.json").get("latency_ms", {})))
            time.sleep(min(LOOK_EVERY_S, max(0.0, self.plan.duration_s - elapsed_s)))

    def _counts(self) -> Counts:
        offsets, effects = self.meter.end_offsets(self.measured + self.dead), self.meter.effects()
        since = {topic: end - self._offsets_before.get(topic, 0) for topic, end in offsets.items()}
        scada = _read_json(self._ledger("scada"))
        return Counts(
            sent={
                **{name: _read_json(self._ledger(name)).get("acknowledged", 0) for name in self.plan.fleets},
                "scada": scada.get("polls_answered", 0),
            },
            unanswered=scada.get("polls_unanswered", 0),
            in_kafka={topic: since[topic] for topic in self.measured},
            dead_letters={topic: since[topic] for topic in self.dead if since[topic]},
            effects={name: effects.get(name, 0) - self._effects_before.get(name, 0) for name in EFFECTS},
        )

    def _mqtt_arrived(self, counts: Counts) -> bool:
        arrived = counts.published + sum(counts.dead_letters.values()) - counts.in_kafka["scada.measurement"]
        return arrived >= sum(counts.sent[name] for name in self.plan.fleets)

    def _until(self, reached: Callable[[Counts], bool]) -> None:
        """Wait for a count; after the time is over go on all the same: the account will say what is lost."""
        deadline_s = time.monotonic() + DRAIN_TIMEOUT_S
        while not reached(self._counts()) and time.monotonic() < deadline_s:
            time.sleep(0.2)

    def _ledger(self, name: str) -> Path:
        return self.work_dir / f"{name}.ledger.json"


@contextmanager
def _ended(child: Child) -> Iterator[None]:
    try:
        yield
    finally:
        child.kill()


def _starter(stack: ExitStack, environment: Mapping[str, str], log_dir: Path) -> Callable[..., Child]:
    def start(name: str, *arguments: object) -> Child:
        child = Child(name, [str(argument) for argument in arguments], environment, log_dir)
        stack.enter_context(_ended(child))
        return child

    return start


def _wait(reached: Callable[[], bool], timeout_s: float, what: str, children: Mapping[str, Child]) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not reached():
        for child in children.values():
            child.require_running()
        if time.monotonic() > deadline_s:
            raise Unavailable(f"{what} did not come up within {timeout_s:.0f} s", next_step="read the logs of the demo")
        time.sleep(0.05)


def _read_json(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
