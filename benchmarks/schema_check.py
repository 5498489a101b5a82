"""`gridctl schema check` over a large tree, beside the `avro` package on the same schemas, in one run.

Run it where both are installed: `pip install avro==1.12.2`, then `python benchmarks/schema_check.py [--json]`.
Every version is compared with every earlier one. Our time is the whole command's: start, reading files, parsing,
comparing, printing. The package's is parsing and comparing alone, on some of the subjects, and scaled to all.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

SUBJECTS = 1_000
VERSIONS = 20
PEER_SUBJECTS = 10
ROUNDS = 3
GRIDCTL = Path(sys.executable).parent / "gridctl"

# The peer is in the benchmark's environment alone, so it is imported by name: type checks run without it.
AVRO_SCHEMA = import_module("avro.schema")
AVRO_COMPATIBILITY = import_module("avro.compatibility")


def schema(subject: int, number: int) -> str:
    """Return version `number` of a subject: 20 fields of the kinds that readings have, and one more a version."""
    kinds: list[Any] = [
        "string",
        {"type": "long", "logicalType": "timestamp-millis"},
        "double",
        ["null", "double"],
        "Quality",
    ]
    fields: list[dict[str, Any]] = [
        {"name": f"field_{at}", "type": kinds[at % 5], "doc": f"The reading number {at}."} for at in range(20)
    ]
    symbols = ["GOOD", "BAD", "MISSING"]
    fields[4]["type"] = {"type": "enum", "name": "Quality", "symbols": symbols, "default": "MISSING"}
    fields += [{"name": f"extra_{at}", "type": ["null", "string"], "default": None} for at in range(number)]
    namespace = f"grid.bench{subject}"
    return json.dumps({"type": "record", "name": "Reading", "namespace": namespace, "fields": fields}, indent=1)


def write_tree(root: Path) -> None:
    for subject in range(SUBJECTS):
        directory = root / f"bench.subject-{subject:04}-value"
        directory.mkdir(parents=True)
        for number in range(1, VERSIONS + 1):
            (directory / f"v{number}.avsc").write_text(schema(subject, number))


def ours(root: Path) -> tuple[float, float, int]:
    """Return wall and CPU seconds of the command, and the pairs that it says it compared."""
    before, begin = os.times(), time.perf_counter()
    done = subprocess.run([GRIDCTL, "schema", "check", "--schemas", root, "--format", "json"], capture_output=True,
                          text=True, check=True)  # fmt: skip
    wall, after = time.perf_counter() - begin, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    document = json.loads(done.stdout)
    assert document["verdict"] == "pass"
    return wall, spent, document["checked"]["pairs"]


def peer(first_subject: int) -> float:
    """Return the CPU seconds that the `avro` package takes for PEER_SUBJECTS subjects."""
    checker = AVRO_COMPATIBILITY.ReaderWriterCompatibilityChecker
    compatible = AVRO_COMPATIBILITY.SchemaCompatibilityType.compatible
    begin = time.process_time()
    for subject in range(first_subject, first_subject + PEER_SUBJECTS):
        versions = [AVRO_SCHEMA.parse(schema(subject, number)) for number in range(1, VERSIONS + 1)]
        for at, reader in enumerate(versions):
            for writer in versions[:at]:
                assert checker().get_compatibility(reader, writer).compatibility is compatible
    return time.process_time() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory) / "schemas"
        write_tree(root)
        runs, peers = [], []
        for turn in range(ROUNDS):  # in turns, so that a busy machine hits both alike
            runs.append(ours(root))
            peers.append(peer(turn * PEER_SUBJECTS) * SUBJECTS / PEER_SUBJECTS)
    wall, spent, pairs = sorted(runs)[ROUNDS // 2]
    peer_s = sorted(peers)[ROUNDS // 2]
    report = {
        "python": platform.python_version(),
        "avro": version("avro"),
        "rounds": ROUNDS,
        "subjects": SUBJECTS,
        "versions": VERSIONS,
        "pairs": pairs,
        "wall_s": wall,
        "cpu_s": spent,
        "avro_cpu_s": peer_s,
        "ratio": peer_s / spent,
    }
    if as_json:
        print(json.dumps(report))
        return
    print(f"{SUBJECTS:,} subjects x {VERSIONS} versions, all {pairs:,} pairs, median of {ROUNDS}")
    print(f"  gridctl schema check   {wall:7.1f} s wall, {spent:7.1f} s CPU, the whole command")
    print(
        f"  avro {report['avro']:<17} {peer_s:7.1f} s CPU, parsing and comparing, scaled from {PEER_SUBJECTS} subjects"
    )
    print(f"  ratio {report['ratio']:.1f} x")


if __name__ == "__main__":
    main()
