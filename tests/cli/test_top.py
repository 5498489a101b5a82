"""`gridctl top` on a stack, and on one that is away."""

import json

import pytest

from tests.running_stack import RunningStack
from tests.support.command import call
from tests.support.http import serving
from tests.support.paths import ROOT

pytestmark = [pytest.mark.stack]


def test_once_for_scripts_and_for_people(stack: RunningStack) -> None:
    reading = stack.run("simulate", "thermostats", "--devices", 1, "--to", "-").stdout
    stack.run("ingest", "jsonl", "-", stdin=reading)
    stack.run("process", "--group", "t.top", "--until-idle")
    found = json.loads(stack.run("top", "--once", "-o", "json").stdout)
    assert found["unknown"] == {}
    own = next(each for each in found["lag"]["groups"] if each["group"] == "t.top")
    assert (own["lag"], own["members"], own["cause"]) == (0, 0, None)
    assert set(own["classes"]) <= {"COMMITTED", "NEVER_COMMITTED"}
    assert {part["name"]: part["up"] for part in found["health"]["parts"]} == dict.fromkeys(stack.addresses, True)
    assert found["dead_letters"]["total"] == sum(found["dead_letters"]["by_reason"].values())
    sequences = [entry["sequence"] for entry in found["audit"]["entries"]]
    assert sequences == sorted(sequences, reverse=True)
    assert found["audit"]["entries"][0]["action"].startswith("schema.")
    # Without a terminal: once, and without colour. Other tests have groups here too, so it takes a long screen.
    shown = call("top", cwd=ROOT, env={**stack.variables, "COLUMNS": "80", "LINES": "1000"}).stdout
    assert "\x1b" not in shown
    assert all(title in shown for title in ("gridctl top", "PARTS  broker up", "LAG", "t.top", "DEAD LETTERS", "AUDIT"))


def test_what_is_away_is_unknown_and_hides_nothing_else(stack: RunningStack) -> None:
    away = {**stack.variables, "GRIDCTL_BOOTSTRAP": "127.0.0.1:9"}
    done = call("top", "--once", "-o", "json", cwd=ROOT, env=away)
    assert done.returncode == 5
    found = json.loads(done.stdout)
    parts = {part["name"]: part for part in found["health"]["parts"]}
    assert (parts["broker"]["up"], parts["redis"]["up"]) == (False, True)
    assert "127.0.0.1:9" in parts["broker"]["problem"]
    assert (found["lag"], found["dead_letters"], found["audit"]) == (None, None, None)
    assert all("127.0.0.1:9" in found["unknown"][name] for name in ("lag", "dead_letters", "audit"))


def test_objectives_stand_beside_the_rest(stack: RunningStack) -> None:
    words = ["top", "--once", "-o", "json", "--objectives", ROOT / "ci" / "slo.toml"]
    refused = "gridstream_ingest_records_total 100.0\ngridstream_schema_violations_total 2.0\n"
    with serving({"/metrics": (200, "text/plain", refused)}) as url:
        found = json.loads(stack.run(*words, "--metrics", f"{url}/metrics").stdout)
    by_name = {each["name"]: each["status"] for each in found["slo"]["objectives"]}
    assert (by_name["schema-violations"], by_name["ingestion-latency"]) == ("MISSED", "UNKNOWN")
    assert json.loads(stack.run(*words).stdout)["slo"] == {"source": None, "objectives": []}
    away = stack.run("-X", "prometheus=http://127.0.0.1:9", *words, check=False)
    assert (away.returncode, list(json.loads(away.stdout)["unknown"])) == (5, ["slo"])
