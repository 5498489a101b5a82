"""One run of the demo: what starts when, when it may stop, and what is counted.

Everything runs as `gridctl` processes over real sockets; this module only starts them, reads what independent parties
counted, and ends each one in the order in which readings flow, so that every queue is empty before its reader stops.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from gridctl.errors import Unavailable
from gridctl.local.demo.account import Account
from gridctl.local.demo.children import Child
from gridctl.local.demo.meter import Meter
from gridctl.runtime.deadline import reached
from gridctl.runtime.stop import Stop

START_TIMEOUT_S = 60.0
DRAIN_TIMEOUT_S = 45.0
LOOK_EVERY_S = 1.0
SETTLED_S = 0.5
BRIDGE = "gridctl-demo"
PROGRESS = "progress.json"


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
        chargers = max(1, self.devices // 10)
        return {"thermostats": max(1, self.devices - chargers), "chargers": chargers}


@dataclass(frozen=True)
class Look:
    """One look at the running demo."""

    elapsed_s: float
    sent: Mapping[str, int]
    unanswered: int
    records: Mapping[str, int]
    effects: Mapping[str, int]
    lag: int
    latency_ms: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """What a run ended with: the account, and what people want to know besides."""

    account: Account
    letters: Mapping[str, Any]
    latency_ms: Mapping[str, float | None]
    jitter_ms: Mapping[str, Any]
    sending_s: float

    @property
    def events_per_s(self) -> float:
        """Readings a second while the devices were sending."""
        return round(self.account.produced / self.sending_s, 1)


class Demo:
    """One run on a stack that is up, with topics and schemas. A context manager: leaving it ends every process."""

    def __init__(self, plan: Plan, meter: Meter, work_dir: Path, environment: Mapping[str, str]) -> None:
        self.plan = plan
        self.meter = meter
        self.work_dir = work_dir
        self.environment = environment
        self.children: dict[str, Child] = {}
        self._started_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self.children.values():
            child.kill()

    def begin(self, say: Callable[[str], None]) -> None:
        """Publish the asset records and start every process; devices send when it returns."""
        say("publishing asset records")
        self._prepare()
        say("starting the processor, the bridges, the outstations and the fleets")
        self._start()

    def run(self, stop: Stop, watch: Callable[[Look], None], say: Callable[[str], None]) -> Result:
        """Run to the end, or until it is asked to stop; then drain and return what was counted."""
        while (elapsed_s := time.monotonic() - self._started_s) < self.plan.duration_s and not stop.is_asked():
            self._require_running()
            watch(self._look())
            stop.wait(min(LOOK_EVERY_S, self.plan.duration_s - elapsed_s))
        sending_s = time.monotonic() - self._started_s
        say("devices have stopped; draining")
        return self._drain(sending_s)

    def _prepare(self) -> None:
        """Publish the asset records, and bring the group up to the end of what earlier runs left."""
        fleets, units = self.plan.fleets, self.plan.ports * self.plan.units
        records = self.work_dir / "assets.jsonl"
        sizes = ["--thermostats", fleets["thermostats"], "--chargers", fleets["chargers"], "--scada", units]
        self._child("simulate-assets", "simulate", "assets", *sizes, "--seed", self.plan.seed, "--to", records)
        self.children["simulate-assets"].finish(START_TIMEOUT_S)
        self._child("assets-apply", "assets", "apply", records, "-o", "json")
        # The bridge's session: from here on the MQTT broker keeps what the fleets send until the bridge takes it.
        self._child("subscribe", "ingest", "mqtt", "--client-id", BRIDGE, "--duration", 0.2, "-o", "json")
        if self.meter.lag():
            self._child("catch-up", "process", "--until-idle", "-o", "json").finish(START_TIMEOUT_S)
        self.children["assets-apply"].finish(START_TIMEOUT_S)
        self.children["subscribe"].finish(START_TIMEOUT_S)
        self.meter.begin()

    def _start(self) -> None:
        plan, seed = self.plan, ("--seed", self.plan.seed)
        progress = self.work_dir / PROGRESS
        self._child("process", "process", "-o", "json", "--progress", progress)
        self._child("ingest-mqtt", "ingest", "mqtt", "--client-id", BRIDGE, "-o", "json")
        register_map = self.work_dir / "map.toml"
        outstations = ["--ports", plan.ports, "--units", plan.units, "--fault", f"silent:{plan.units}"]
        written = ["--map-out", register_map, "--account", self._account("scada")]
        self._child("scada", "simulate", "scada", *outstations, *written, *seed, "-o", "json")
        # What is sent before somebody reads it only waits, and shows as latency.
        self._wait(lambda: register_map.exists() and progress.exists(), "outstations and processor")
        self._child("ingest-scada", "ingest", "scada", "--map", register_map, "-o", "json")
        for name, devices in plan.fleets.items():
            fleet = ["--devices", devices, "--interval", plan.interval_s, "--faulty-firmware", plan.faulty_share]
            self._child(name, "simulate", name, *fleet, *seed, "--account", self._account(name), "-o", "json")
        self._wait(lambda: all(self._account(name).exists() for name in plan.fleets), "the simulated fleets")
        self._started_s = time.monotonic()

    def _drain(self, sending_s: float) -> Result:
        for name in self.plan.fleets:
            self.children[name].stop()
        self._until(self._mqtt_arrived)
        polls = self.children["ingest-scada"].stop()
        self.children["scada"].stop()
        self.children["ingest-mqtt"].stop()
        self._until(lambda look: look.lag == 0)
        processed = self.children["process"].stop()
        last = self._look()
        account = Account(
            sent=last.sent,
            unanswered=last.unanswered,
            in_kafka={topic: last.records[topic] for topic in self.meter.measured},
            dead_letters={topic: last.records[topic] for topic in self.meter.dead},
            **last.effects,
        )
        jitter = polls.get("interval_jitter_ms", {})
        return Result(account, self.meter.letters(), processed["latency_ms"], jitter, sending_s)

    def _look(self) -> Look:
        scada = _read_json(self._account("scada"))
        sent = {name: _read_json(self._account(name)).get("acknowledged", 0) for name in self.plan.fleets}
        return Look(
            elapsed_s=time.monotonic() - self._started_s,
            sent={**sent, "scada": scada.get("polls_answered", 0)},
            unanswered=scada.get("polls_unanswered", 0),
            records=self.meter.records(),
            effects=self.meter.effects(),
            lag=self.meter.lag(),
            latency_ms=_read_json(self.work_dir / PROGRESS).get("latency_ms", {}),
        )

    def _mqtt_arrived(self, look: Look) -> bool:
        arrived = sum(look.records.values()) - look.records["scada.measurement"]
        return arrived >= sum(look.sent[name] for name in self.plan.fleets)

    def _until(self, goal: Callable[[Look], bool]) -> None:
        """Wait for a count; after the time is over go on: the account will show what is lost."""
        reached(lambda: goal(self._look()), DRAIN_TIMEOUT_S, lambda: self._require_running(SETTLED_S))

    def _wait(self, goal: Callable[[], bool], what: str) -> None:
        if not reached(goal, START_TIMEOUT_S, lambda: self._require_running(0.05)):
            raise Unavailable(f"{what} did not come up in time", next_step=f"read the logs in {self.work_dir}")

    def _require_running(self, then_wait_s: float = 0.0) -> None:
        for child in self.children.values():
            child.require_running()
        time.sleep(then_wait_s)

    def _child(self, name: str, *arguments: object) -> Child:
        child = Child(name, [str(argument) for argument in arguments], self.environment, self.work_dir)
        self.children[name] = child
        return child

    def _account(self, name: str) -> Path:
        return self.work_dir / f"{name}.account.json"


def _read_json(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document
