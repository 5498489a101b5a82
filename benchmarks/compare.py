"""Ingest and process, side by side: one interleaved run, medians, client CPU per event, ratios, a plot.

The stack runs on one core and the client on another. Every system does the work that `systems/work.py` describes; the
raw client does none of it and is the limit.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from uuid import uuid4

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
GRIDCTL = Path(sys.executable).parent / "gridctl"
PEERS, QUIX = ROOT / ".bench-venv-peers/bin/python", ROOT / ".bench-venv-quix/bin/python"
DEVICES = 10_000
TOPIC = "iot.thermostat"
CLIENT_CORE, STACK_CORE = 0, 1


@dataclass(frozen=True)
class System:
    """One column of the comparison; `leaves_out` says what it cannot do of the common work."""

    name: str
    script: str
    python: Path
    package: str
    peer: bool = True
    leaves_out: str = ""


SYSTEMS = [
    System(
        "raw client", "raw.py", Path(sys.executable), "confluent-kafka", peer=False, leaves_out="all work on records"
    ),
    System("gridstream", "gridstream.py", Path(sys.executable), "gridctl", peer=False),
    System("AvroSerializer", "confluent_usual.py", PEERS, "confluent-kafka", leaves_out="dead letters"),
    System("Quix Streams", "quix.py", QUIX, "quixstreams", leaves_out="dead letters"),
    System("FastStream", "faststream_confluent.py", PEERS, "faststream", leaves_out="dead letters"),
    System("arroyo", "arroyo_strategies.py", PEERS, "sentry-arroyo", leaves_out="dead letters; commits once a second"),
]


def pinned(core: int) -> None:
    """Keep this process and its children on one core, where the system allows it."""
    if hasattr(os, "sched_setaffinity") and core in os.sched_getaffinity(0):
        os.sched_setaffinity(0, {core})


def gridctl(*arguments: str, environment: Mapping[str, str], core: int = STACK_CORE) -> str:
    """Run a command of ours and return its stdout."""
    done = subprocess.run(
        [str(GRIDCTL), *arguments],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: pinned(core),
    )
    return done.stdout


def run_once(system: System, case: str, arguments: list[str], environment: Mapping[str, str]) -> dict[str, float]:
    """Run one system once; return events, cpu_s and wall_s."""
    done = subprocess.run(
        [str(system.python), "-W", "ignore", str(HERE / "systems" / system.script), case, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        preexec_fn=lambda: pinned(CLIENT_CORE),
    )
    if done.returncode != 0:
        sys.exit(f"{system.name} {case} failed:\n{done.stderr[-3000:]}")
    result: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def measure(case: str, arguments: list[str], rounds: int, environment: Mapping[str, str]) -> list[dict[str, object]]:
    """Interleave the systems, one round after another, and return a row for each."""
    samples: dict[str, list[dict[str, float]]] = {system.name: [] for system in SYSTEMS}
    for number in range(rounds):
        for system in SYSTEMS:
            print(f"\r{case}: round {number + 1}/{rounds}, {system.name:16}", end="", file=sys.stderr, flush=True)
            named = [*arguments, "--group", f"bench-{uuid4().hex[:8]}"]
            samples[system.name].append(run_once(system, case, named, environment))
    print(file=sys.stderr)
    cost = {
        name: statistics.median(one["cpu_s"] / one["events"] * 1e6 for one in runs) for name, runs in samples.items()
    }
    wall = {name: statistics.median(one["events"] / one["wall_s"] for one in runs) for name, runs in samples.items()}
    best_peer = min(cost[system.name] for system in SYSTEMS if system.peer)
    return [
        {
            "case": case,
            "system": system.name,
            "events_per_s": round(wall[system.name]),
            "cpu_us_per_event": round(cost[system.name], 2),
            "ratio_to_raw": round(cost["raw client"] / cost[system.name], 3),
            "ratio_to_best_peer": round(best_peer / cost[system.name], 2),
            "leaves_out": system.leaves_out,
            "versions": {system.package: version_in(system)},
        }
        for system in SYSTEMS
    ]


def version_in(system: System) -> str:
    """Return the version of the system's package in its own environment."""
    if system.python == Path(sys.executable):
        return version(system.package)
    code = f"from importlib.metadata import version; print(version({system.package!r}))"
    return subprocess.run([str(system.python), "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def show(rows: list[dict[str, object]]) -> None:
    """Print the table."""
    print(
        f"{'case':8} {'system':16} {'CPU us/event':>12} {'events/s':>10} {'of raw':>7} {'x best peer':>12}  leaves out"
    )
    for row in rows:
        print(
            f"{row['case']:8} {row['system']:16} {row['cpu_us_per_event']:12} {row['events_per_s']:10} "
            f"{row['ratio_to_raw']:7} {row['ratio_to_best_peer']:12}  {row['leaves_out']}"
        )


def plot(rows: list[dict[str, object]], path: Path) -> None:
    """Draw client CPU per event, a panel a case, smaller is better."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(11, 3.6), constrained_layout=True)
    for panel, case in zip(panels, ("ingest", "process"), strict=True):
        chosen = [row for row in rows if row["case"] == case][::-1]
        values = [float(str(row["cpu_us_per_event"])) for row in chosen]
        colours = {"gridstream": "#1b7f5c", "raw client": "#9aa5b1"}
        bars = panel.barh(
            [str(row["system"]) for row in chosen],
            values,
            color=[colours.get(str(row["system"]), "#4a78b0") for row in chosen],
        )
        panel.bar_label(bars, labels=[f"{value:.1f}" for value in values], padding=3)
        panel.set_title(f"{case}: client CPU, µs per event (smaller is better)", fontsize=10)
        panel.set_xlim(0, max(values) * 1.15)
        panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


def main() -> None:
    """Start the stack, make the records, measure both cases, write table, JSON and plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--results", type=Path, default=HERE / "results.json")
    given = parser.parse_args()
    directory = Path(tempfile.mkdtemp(prefix="gridstream-bench-"))
    environment = {**os.environ, "GRIDCTL_STATE_DIR": str(directory / "state")}
    try:
        gridctl("up", environment=environment)
        rows = measure_all(given.events, given.rounds, directory, environment)
    finally:
        gridctl("down", environment=environment)
        shutil.rmtree(directory)
    show(rows)
    given.results.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    plot(rows, given.results.with_suffix(".png"))


def measure_all(events: int, rounds: int, directory: Path, environment: Mapping[str, str]) -> list[dict[str, object]]:
    """Fill the topic once (5 % duplicates), measure process on it, then ingest."""
    records, assets, filled = directory / "records.jsonl", directory / "assets.jsonl", directory / "filled.jsonl"
    fleet = ["--devices", str(DEVICES), "--ticks", str(-(-events // DEVICES)), "--seed", "7"]
    gridctl("simulate", "thermostats", *fleet, "--output", str(records), environment=environment)
    gridctl("simulate", "assets", "--thermostats", str(DEVICES), "--output", str(assets), environment=environment)
    gridctl("assets", "apply", str(assets), environment=environment)
    lines = records.read_bytes().splitlines(keepends=True)[:events]
    filled.write_bytes(b"".join(lines + lines[:: len(lines) // (events // 20)]))
    published = json.loads(gridctl("ingest", "jsonl", str(filled), "-o", "json", environment=environment))["published"]
    parts = json.loads(gridctl("status", "-o", "json", environment=environment))["parts"]
    address = {part["name"]: part["address"] for part in parts}
    arguments = ["--bootstrap", address["broker"], "--registry", address["registry"], "--redis", address["redis"]]
    arguments += ["--records", str(records), "--assets", str(assets), "--topic", TOPIC]
    process = measure("process", [*arguments, "--count", str(published)], rounds, environment)
    return measure("ingest", [*arguments, "--count", str(events)], rounds, environment) + process


if __name__ == "__main__":
    main()
