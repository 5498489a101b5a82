"""`gridctl scale`: gates on a chart's values, pictures, and what is said of a wrong call."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.running_stack import RunningStack
from tests.support.command import call

HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: process}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: process}
  minReplicas: 2
  maxReplicas: %s
  metrics:
  - type: External
    external:
      metric: {name: kafka_consumergroup_lag}
      target: {type: AverageValue, averageValue: "5k"}
"""


def scale(directory: Path, *words: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return call("scale", "simulate", *words, cwd=directory, stdin=stdin.encode())


def test_the_document(tmp_path: Path) -> None:
    done = scale(tmp_path, "--scenario", "demand-response", "-o", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, set(document)) == (0, {"drained_s", "max_replicas", "flaps", "timeline"})
    assert document["max_replicas"] == max(row["desired"] for row in document["timeline"])
    assert {tuple(row) for row in document["timeline"]} == {("t_s", "lag", "replicas", "desired")}
    assert len(document["timeline"]) == 241


def test_values_that_are_too_small_fail_the_gate(tmp_path: Path) -> None:
    """The same assertion on two manifests: as a file, and as a chart's output on stdin."""
    (tmp_path / "hpa.yaml").write_text(HPA % 4)
    words = ["--scenario", "demand-response", "--assert", "drained_s<900", "--assert", "flaps<=1"]
    small = scale(tmp_path, *words, "--values", "hpa.yaml")
    assert (small.returncode, "error: drained_s is " in small.stderr) == (3, True)
    assert scale(tmp_path, *words, "--values", "-", stdin=HPA % 12).returncode == 0
    assert scale(tmp_path, *words, "--values", "hpa.yaml", "--max", "12").returncode == 0


def test_what_never_drains_fails_its_assertion(tmp_path: Path) -> None:
    done = scale(tmp_path, "--scenario", "dead-partition", "--assert", "drained_s<100000", "-o", "json")
    assert (done.returncode, json.loads(done.stdout)["drained_s"]) == (3, None)
    assert done.stderr.startswith("error: drained_s is null: it never drained, asserted was < 100000\n")


def test_a_recorded_window_is_replayed(tmp_path: Path) -> None:
    def line(second: int) -> str:
        partitions = [
            {"topic": "iot.thermostat", "partition": number, "class": "COMMITTED", "end": 2000 * second, "lag": 0}
            for number in range(4)
        ]
        group = {"group": "process", "state": "STABLE", "members": 1, "lag": 0, "partitions": partitions}
        return json.dumps({"groups": [group], "measured_ms": 1_000_000 + second * 1000})

    (tmp_path / "window.jsonl").write_text("".join(f"{line(second)}\n" for second in range(0, 601, 10)))
    done = scale(tmp_path, "--trace", "window.jsonl", "--pod-rate", 3000, "-o", "json")
    document = json.loads(done.stdout)
    assert document["max_replicas"] == 4  # 8000 records a second
    assert document["timeline"][-1]["t_s"] == 600


@pytest.mark.parametrize("name", ["run.png", "run.html"])
def test_the_picture(tmp_path: Path, name: str) -> None:
    done = scale(tmp_path, "--scenario", "metric-gap", "--plot", name)
    assert done.returncode == 0, done.stderr
    drawn = (tmp_path / name).read_bytes()
    if name.endswith(".png"):
        assert drawn.startswith(b"\x89PNG")
    else:
        assert drawn.startswith(b"<!doctype html>")
        assert b"<svg" in drawn
        assert b"lag not readable" in drawn
        assert b"http://" not in drawn.replace(b"http://www.w3.org/", b"").replace(b"http://purl.org/", b"").replace(
            b"http://creativecommons.org/", b""
        )


def test_the_table_has_a_line_for_each_change(tmp_path: Path) -> None:
    done = scale(tmp_path, "--scenario", "dead-partition", "--max", 14)
    assert "never" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80
    assert "warning: 2 of 14 pods had no partition; there are 12" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name one trace"),
        (["--scenario", "slow-leak", "--trace", "x"], "name one trace"),
        (["--trace", "x", "--partitions", "3"], "are for --scenario"),
        (["--scenario", "slow-leak", "--group", "g"], "--group is for --trace"),
        (["--trace", "none.jsonl"], "none.jsonl: cannot be read"),
        (["--scenario", "slow-leak", "--assert", "lag<3"], "cannot be read"),
        (["--scenario", "slow-leak", "--min", "13"], "minReplicas 13 is above maxReplicas 12"),
        (["--scenario", "slow-leak", "--plot", "x.gif"], "neither .png nor .html"),
        (["--scenario", "slow-leak", "--values", "bad.yaml"], "bad.yaml:1: is not YAML"),
    ],
)
def test_a_wrong_call(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "bad.yaml").write_text("a: [")
    done = scale(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_what_rules_writes_passes_the_simulation(tmp_path: Path) -> None:
    written = call("scale", "rules", "hpa", "--max", 8, cwd=tmp_path)
    done = scale(tmp_path, "--scenario", "demand-response", "--values", "-", "-o", "json", stdin=written.stdout)
    assert json.loads(done.stdout)["max_replicas"] == 8


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["hpa"], "--max N"),
        (["keda", "--max", "4"], "--prometheus http://HOST:9090"),
        (["keda", "--max", "4", "--min", "0", "--prometheus", "http://p"], "a minimum of 0 pods"),
        (["hpa", "--max", "4", "--group", "a b"], "cannot be a label's value"),
    ],
)
def test_rules_called_wrongly(tmp_path: Path, words: list[str], said: str) -> None:
    done = call("scale", "rules", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@pytest.mark.stack
@pytest.mark.slow
def test_what_lag_show_says_is_a_trace(stack: RunningStack, tmp_path: Path) -> None:
    """Two looks at a real group, with a thousand readings in between, ten seconds apart."""
    readings = stack.run("simulate", "thermostats", "--devices", 1000, "--ticks", 1, "--to", "-").stdout
    stack.run("ingest", "jsonl", "-", stdin=readings)
    stack.run("process", "--group", "scale-trace", "--until-idle")  # it has committed every partition then
    lines = []
    for measured_ms in (1_000_000, 1_010_000):
        document = json.loads(stack.run("lag", "show", "scale-trace", "-o", "json").stdout)
        lines.append(json.dumps({**document, "measured_ms": measured_ms}))
        stack.run("ingest", "jsonl", "-", stdin=readings)
    (tmp_path / "window.jsonl").write_text("\n".join(lines))
    done = scale(tmp_path, "--trace", "window.jsonl", "--pod-rate", 10, "--sync-period-s", 1, "-o", "json")
    timeline = json.loads(done.stdout)["timeline"]
    assert (timeline[0]["lag"], timeline[1]["lag"]) == (0, pytest.approx(80, abs=1))  # two pods, a hundred a second
