"""Compatibility checks: our engine beside the `avro` package, on the same schemas, in one run.

Run it where both are installed: `pip install avro==1.12.2`, then `python benchmarks/compat.py [--json]`.
Cold means what a gate does: parse 21 schema texts, then ask whether the last reads each of the 20 before it.
"""

import argparse
import gc
import json
import platform
import statistics
import time
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

from gridctl.avro import Level, can_read, check, parse

ROUNDS = 15
VERSIONS = 20
SUBJECTS = 1_000

# The peer is in the benchmark's environment alone, so it is imported by name: type checks run without it.
AVRO_SCHEMA = import_module("avro.schema")
AVRO_COMPATIBILITY = import_module("avro.compatibility")

Json = Any


def record(extra_fields: int, *, nested: bool) -> str:
    """Return the text of a 20-field record, or of one with `extra_fields` optional fields more."""
    kinds: list[Json] = ["string", "long", "double", "int", "boolean"]
    if nested:
        kinds = [
            "string",
            {"type": "long", "logicalType": "timestamp-millis"},
            "double",
            ["null", "double"],
            {"type": "enum", "name": "Quality", "symbols": ["GOOD", "BAD", "MISSING"], "default": "MISSING"},
        ]
    fields: list[Json] = []
    for at in range(20):
        kind = kinds[at % 5]
        kind = "Quality" if isinstance(kind, dict) and kind["type"] == "enum" and at >= 5 else kind
        fields.append({"name": f"field_{at}", "type": kind, "doc": f"The reading number {at}."})
        if isinstance(kind, list):
            fields[-1]["default"] = None
    fields += [{"name": f"extra_{at}", "type": ["null", "string"], "default": None} for at in range(extra_fields)]
    return json.dumps({"type": "record", "name": "Reading", "namespace": "grid.bench", "fields": fields})


def ours_cold(texts: list[str]) -> bool:
    schemas = [parse(text) for text in texts]
    return not any(can_read(schemas[-1], writer) for writer in schemas[:-1])


def avro_cold(texts: list[str]) -> bool:
    schemas = [AVRO_SCHEMA.parse(text) for text in texts]
    checker = AVRO_COMPATIBILITY.ReaderWriterCompatibilityChecker
    compatible = AVRO_COMPATIBILITY.SchemaCompatibilityType.compatible
    return all(checker().get_compatibility(schemas[-1], writer).compatibility is compatible for writer in schemas[:-1])


def median_ms(functions: list[Callable[[], bool]]) -> list[float]:
    """Return each function's median in milliseconds; they take turns, so that a busy machine hits all alike."""
    spans: list[list[float]] = [[] for _ in functions]
    gc.disable()
    for turn in range(ROUNDS + 2):
        for at, function in enumerate(functions):
            begin = time.process_time()
            assert function()
            if turn > 1:
                spans[at].append((time.process_time() - begin) * 1e3)
        gc.collect()
    gc.enable()
    return [statistics.median(span) for span in spans]


def whole_registry_s() -> tuple[float, int]:
    """Return the seconds that every version of 1,000 subjects against every earlier one takes, and the pairs."""
    begin = time.process_time()
    pairs = 0
    for subject in range(SUBJECTS):
        history = [
            (at + 1, parse(record(at, nested=True).replace("grid.bench", f"grid.bench{subject}")))
            for at in range(VERSIONS)
        ]
        for at in range(1, VERSIONS):
            if check(Level.BACKWARD_TRANSITIVE, history[at][1], history[:at]):
                raise RuntimeError("the subjects of this benchmark are compatible")
            pairs += at
    return time.process_time() - begin, pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    results = []
    for case, nested in (("20 plain fields", False), ("20 fields, with unions, enum and logical types", True)):
        texts = [record(at % 2, nested=nested) for at in range(VERSIONS + 1)]
        ours, avro = median_ms([lambda t=texts: ours_cold(t), lambda t=texts: avro_cold(t)])  # type: ignore[misc]
        results.append({"case": case, "ours_ms": ours, "avro_ms": avro, "ratio": avro / ours})
    seconds, pairs = whole_registry_s()
    report = {
        "python": platform.python_version(),
        "avro": version("avro"),
        "rounds": ROUNDS,
        "cold": results,
        "registry": {"subjects": SUBJECTS, "versions": VERSIONS, "pairs": pairs, "cpu_s": seconds},
    }
    if as_json:
        print(json.dumps(report))
        return
    print(f"parse {VERSIONS + 1} schemas and compare {VERSIONS} pairs, median CPU of {ROUNDS}; avro {report['avro']}")
    for row in results:
        print(f"  {row['case']:<48} ours {row['ours_ms']:6.2f} ms  avro {row['avro_ms']:6.2f} ms  {row['ratio']:.1f} x")
    print(f"{SUBJECTS:,} subjects x {VERSIONS} versions, all {pairs:,} pairs: {seconds:.1f} s CPU")


if __name__ == "__main__":
    main()
