"""Ingest and process, side by side: one interleaved run, medians, client CPU per event, ratios, a plot.

The stack runs on one core and the client on another. Every system does the work that `systems/work.py` and
`systems/state.py` describe, on the same records, and what it left behind is compared: the same events in Kafka, the
same state in Redis. The raw client does none of the work on records and is the limit; with Pydantic's validation, which
all systems share, it is what no system on this stack can be below.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.chart import draw
from benchmarks.collector import collecting
from benchmarks.effects import Effects

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
GRIDCTL = Path(sys.executable).parent / "gridctl"
PEERS, QUIX = ROOT / ".bench-venv-peers/bin/python", ROOT / ".bench-venv-quix/bin/python"
DEVICES = 10_000
CLIENT_CORE, STACK_CORE = 0, 1
RUN_LIMIT_S = 180
CASES = ("process", "ingest")  # the first reads what was there before the second adds to it

Row = dict[str, Any]


@dataclass(frozen=True)
class System:
    """One line of the comparison; `leaves_out` says, by case, what it does not do of the common work.

    `measured`: it sends metrics, and a span for every batch, to a collector.
    """

    name: str
    script: str
    python: Path
    packages: tuple[str, ...]
    peer: bool = True
    leaves_out: Mapping[str, str] | None = None
    cases: tuple[str, ...] = CASES
    measured: bool = False


_NO_CAPS = {"ingest": "caps on nesting, repeated keys", "process": "settling of contested events"}
_ARROYO = {**_NO_CAPS, "process": f"{_NO_CAPS['process']}; commits once a second"}
_NO_WORK = dict.fromkeys(CASES, "all work on records")
_PEER = ("confluent-kafka", "fastavro", "pydantic", "redis")
RAW = System("raw client", "raw.py", Path(sys.executable), ("confluent-kafka",), peer=False, leaves_out=_NO_WORK)
FLOOR = System(
    "raw + Pydantic",
    "validated.py",
    Path(sys.executable),
    ("confluent-kafka", "pydantic"),
    peer=False,
    leaves_out={"ingest": "all work but validation"},
    cases=("ingest",),
)
OURS = System("gridstream", "gridstream.py", Path(sys.executable), ("gridctl", *_PEER), peer=False)
MEASURED = replace(OURS, name="with telemetry", packages=(*OURS.packages, "opentelemetry-sdk"), measured=True)
SYSTEMS = (
    RAW,
    FLOOR,
    OURS,
    MEASURED,
    System("AvroSerializer", "confluent_usual.py", PEERS, _PEER, leaves_out=_NO_CAPS),
    System("Quix Streams", "quix.py", QUIX, ("quixstreams", *_PEER), leaves_out=_NO_CAPS),
    System("FastStream", "faststream_confluent.py", PEERS, ("faststream", *_PEER), leaves_out=_NO_CAPS),
    System("arroyo", "arroyo_strategies.py", PEERS, ("sentry-arroyo", *_PEER), leaves_out=_ARROYO),
)


def pinned(core: int) -> None:
    """Keep this process and its children on one core, where the system allows it."""
    if hasattr(os, "sched_setaffinity") and core in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {core})


def gridctl(*arguments: str, environment: Mapping[str, str]) -> str:
    """Run a command of ours beside the stack and return its stdout."""
    command = [str(GRIDCTL), *arguments]
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, preexec_fn=lambda: pinned(STACK_CORE)
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr[-3000:]}")
    return done.stdout


def run_once(system: System, case: str, arguments: list[str], telemetry: Mapping[str, str]) -> dict[str, float]:
    """Run one system once; return events, cpu_us_per_event and events_per_s."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    try:
        done = subprocess.run(
            [str(system.python), "-W", "ignore", str(HERE / "systems" / system.script), case, *arguments],
            cwd=ROOT,
            env={**plain, "PYTHONPATH": str(ROOT), **(telemetry if system.measured else {})},
            capture_output=True,
            text=True,
            timeout=RUN_LIMIT_S,
            preexec_fn=lambda: pinned(CLIENT_CORE),
        )
    except subprocess.TimeoutExpired:
        sys.exit(f"\n{system.name}, {case}: not done after {RUN_LIMIT_S} s")
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        sys.exit(f"\n{system.name}, {case}: exit {done.returncode}\n{done.stderr[-3000:]}")
    result: dict[str, float] = json.loads(lines[-1])
    return result


def measure(case: str, arguments: list[str], rounds: int, effects: Effects, telemetry: Mapping[str, str]) -> list[Row]:
    """Interleave the systems, one round after another, and return a row for each."""
    systems = [system for system in SYSTEMS if case in system.cases]
    samples: dict[str, list[dict[str, float]]] = {system.name: [] for system in systems}
    for number in range(rounds):
        for system in systems:
            print(f"\r{case}: round {number + 1}/{rounds}, {system.name:16}", end="", file=sys.stderr, flush=True)
            compared = nullcontext() if (case, system) == ("process", RAW) else effects.compared(case, system.name)
            with compared:
                group = ["--group", f"bench-{uuid4().hex[:8]}"]
                samples[system.name].append(run_once(system, case, [*arguments, *group], telemetry))
    print(file=sys.stderr)
    return rows_of(case, samples)


def rows_of(case: str, samples: Mapping[str, list[dict[str, float]]]) -> list[Row]:
    """Return the rows: medians, and ratios of medians."""

    def median(name: str, what: str) -> float:
        return statistics.median(sample[what] for sample in samples[name])

    peers = [system.name for system in SYSTEMS if system.peer]
    raw_cpu, best_cpu = (
        median(RAW.name, "cpu_us_per_event"),
        min(median(name, "cpu_us_per_event") for name in peers),
    )
    best_rate = max(median(name, "events_per_s") for name in peers)
    rows: list[Row] = []
    for system in (system for system in SYSTEMS if system.name in samples):
        cpu, rate = median(system.name, "cpu_us_per_event"), median(system.name, "events_per_s")
        spread = [sample["cpu_us_per_event"] for sample in samples[system.name]]
        rows.append(
            {
                "case": case,
                "system": system.name,
                "events_per_s": round(rate),
                "cpu_us_per_event": round(cpu, 2),
                "cpu_us_per_event_range": [round(min(spread), 2), round(max(spread), 2)],
                "ratio_to_raw": round(raw_cpu / cpu, 3),
                "ratio_to_best_peer": round(best_cpu / cpu, 2),
                "events_per_s_to_best_peer": round(rate / best_rate, 2),
                **({"telemetry_share": _added(samples, "cpu_us_per_event")} if system.measured else {}),
                "leaves_out": (system.leaves_out or {}).get(case, ""),
                "versions": versions_of(system),
            }
        )
    return rows


def _added(samples: Mapping[str, list[dict[str, float]]], what: str) -> float:
    """Return what telemetry adds, as a share of the path without it: the median of the rounds' own ratios."""
    pairs = zip(samples[OURS.name], samples[MEASURED.name], strict=True)
    return round(statistics.median(measured[what] / plain[what] for plain, measured in pairs) - 1, 4)


def versions_of(system: System) -> dict[str, str]:
    """Return the versions of the system's packages in its own environment."""
    if system.python == Path(sys.executable):
        return {name: version(name) for name in system.packages}
    code = f"import importlib.metadata as m, json; print(json.dumps({{n: m.version(n) for n in {system.packages!r}}}))"
    done = subprocess.run([str(system.python), "-c", code], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def show(rows: list[Row]) -> None:
    """Print the table."""
    print(
        f"{'case':8} {'system':15} {'CPU us/event':>12} {'[min-max]':>14} {'events/s':>9} {'of raw':>7} "
        f"{'x best peer':>11} {'(events/s)':>10}  leaves out"
    )
    for row in rows:
        low, high = row["cpu_us_per_event_range"]
        print(
            f"{row['case']:8} {row['system']:15} {row['cpu_us_per_event']:12.2f} {f'[{low:.1f}-{high:.1f}]':>14} "
            f"{row['events_per_s']:9d} {row['ratio_to_raw']:7.3f} {row['ratio_to_best_peer']:11.2f} "
            f"{row['events_per_s_to_best_peer']:10.2f}  {row['leaves_out']}"
        )
    for row in rows:
        if "telemetry_share" in row:
            print(f"{row['case']}: telemetry adds {row['telemetry_share']:.1%} of the CPU time of an event")


@contextmanager
def running_stack(directory: Path, broker: str) -> Iterator[dict[str, str]]:
    """Yield the environment in which a fresh stack is found."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GRIDCTL_")}
    environment["GRIDCTL_STATE_DIR"] = str(directory / "state")
    gridctl("up", "--broker", broker, environment=environment)
    try:
        yield environment
    finally:
        gridctl("down", environment=environment)


def prepare(events: int, directory: Path, environment: Mapping[str, str]) -> tuple[int, list[str], Effects]:
    """Make the records, fill the topic once with 5 % of them twice; return its count, arguments and effects."""
    records, assets, filled = directory / "records.jsonl", directory / "assets.jsonl", directory / "filled.jsonl"
    fleet = ["--devices", str(DEVICES), "--ticks", str(-(-events // DEVICES)), "--seed", "7"]
    gridctl("simulate", "thermostats", *fleet, "--to", str(records), environment=environment)
    of_fleet = ["--thermostats", str(DEVICES), "--seed", "7"]
    gridctl("simulate", "assets", *of_fleet, "--to", str(assets), environment=environment)
    gridctl("assets", "apply", str(assets), environment=environment)
    lines = records.read_bytes().splitlines(keepends=True)[:events]
    filled.write_bytes(b"".join(lines + lines[::20]))
    published = json.loads(gridctl("ingest", "jsonl", str(filled), "-o", "json", environment=environment))["published"]
    parts = json.loads(gridctl("status", "-o", "json", environment=environment))["parts"]
    address = {part["name"]: part["address"] for part in parts}
    arguments = ["--bootstrap", address["broker"], "--registry", address["registry"], "--redis", address["redis"]]
    arguments += ["--records", str(records), "--assets", str(assets)]
    return published, arguments, Effects(address["broker"], address["redis"])


def main() -> None:
    """Start the stack, measure both cases, write table, JSON and plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--broker", choices=["embedded", "kafka"], default="embedded")
    parser.add_argument("--results", type=Path, default=HERE / "results.json")
    given = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="gridstream-bench-"))
    try:
        with running_stack(directory, given.broker) as environment, collecting() as telemetry:
            published, arguments, effects = prepare(given.events, directory, environment)
            counts = {"process": published, "ingest": given.events}
            rows = [
                row
                for case in CASES
                for row in measure(case, [*arguments, "--count", str(counts[case])], given.rounds, effects, telemetry)
            ]
    finally:
        shutil.rmtree(directory)
    run = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "python": platform.python_version(), "cores": os.cpu_count()}
    run |= {"broker": given.broker, "events": given.events, "rounds": given.rounds}
    rows = [{**row, "run": run} for row in rows[::-1]]
    rows.sort(key=lambda row: (row["case"], [system.name for system in SYSTEMS].index(row["system"])))
    show(rows)
    given.results.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draw(rows, given.results.with_suffix(".png"))


if __name__ == "__main__":
    main()
