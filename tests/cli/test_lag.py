"""`gridctl lag` on a broker: what scripts get, and with which exit code."""

import json
from pathlib import Path

import pytest

from tests.running_stack import RunningStack
from tests.support.lag import LagBench

pytestmark = [pytest.mark.stack]


@pytest.fixture
def bench(stack: RunningStack) -> LagBench:
    """A group that has read one of two partitions, up to 4 of 10."""
    bench = LagBench(stack.bootstrap)
    bench.append(0, 10)
    bench.commit(0, 4)
    return bench


def test_the_document_and_the_threshold(stack: RunningStack, bench: LagBench) -> None:
    done = stack.run("lag", "show", bench.group, "-o", "json", "--threshold", 6)
    [group] = json.loads(done.stdout)["groups"]
    assert (group["group"], group["state"], group["members"], group["lag"]) == (bench.group, "EMPTY", 0, 6)
    assert [(each["class"], each["lag"]) for each in group["partitions"]] == [("COMMITTED", 6), ("NEVER_COMMITTED", 0)]
    assert group["time_lag_s"] > 0
    over = stack.run("lag", "show", bench.group, "-o", "json", "--threshold", 5, check=False)
    assert over.returncode == 3
    assert f"group {bench.group} has a lag of 6, more than 5" in over.stderr
    assert json.loads(over.stdout)["groups"][0]["lag"] == 6


def test_what_is_not_known_is_no_pass_and_over_is_over(stack: RunningStack, bench: LagBench) -> None:
    bench.commit(1, 1)  # beyond the end
    known = stack.run("lag", "show", bench.group, "-o", "json", check=False)
    [group] = json.loads(known.stdout)["groups"]
    assert (known.returncode, group["lag"], group["lag_is_at_least"]) == (5, None, 6)
    assert stack.run("lag", "show", bench.group, "--threshold", 6, check=False).returncode == 5
    assert stack.run("lag", "show", bench.group, "--threshold", 5, check=False).returncode == 3


def test_a_group_that_is_not_there(stack: RunningStack) -> None:
    done = stack.run("lag", "show", "nobody", "-o", "yaml", check=False)
    assert done.returncode == 5
    assert "group nobody: there is no such group" in done.stderr
    assert "lag: null" in done.stdout


def test_as_a_gate(stack: RunningStack, bench: LagBench) -> None:
    passed = stack.run("lag", "show", bench.group, "--threshold", 6, "--format", "json")
    assert json.loads(passed.stdout)["verdict"] == "pass"
    failed = stack.run("lag", "show", bench.group, "--threshold", 5, "--format", "github", check=False)
    assert failed.returncode == 3
    assert failed.stdout.startswith("::error title=lag-over-threshold::")
    away = stack.run("-X", "bootstrap=127.0.0.1:1", "lag", "show", "--format", "json", check=False)
    assert (away.returncode, json.loads(away.stdout)["findings"][0]["rule"]) == (5, "could-not-check")
    both = stack.run("lag", "show", "--format", "json", "-o", "json", check=False)
    assert both.returncode == 2


def test_two_looks_find_what_stands_still(stack: RunningStack, bench: LagBench) -> None:
    done = stack.run("lag", "show", bench.group, "--topic", bench.topic, "--observe", 0.1, "--no-time")
    assert "STALLED" in done.stdout
    assert f"{bench.topic} 0: no progress in 0 s" in done.stdout
    assert "looking again in 0.1 s" in done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_watch_ends_when_it_is_drained_or_the_time_is_over(stack: RunningStack, bench: LagBench) -> None:
    watch = ("lag", "watch", bench.group, "--every", "100ms", "--no-time")
    late = stack.run(*watch, "--until", "drained", "--until", "300ms", check=False)
    assert (late.returncode, "after 0.3 s the lag is 6, not drained" in late.stderr) == (3, True)
    assert f"{bench.group}: lag 6, age ?, does not drain; in 0.0/s, out 0.0/s" in late.stdout
    assert stack.run(*watch, "--until", "200ms").stdout
    bench.commit(0, 10)
    drained = stack.run(*watch, "--until", "drained", "--until", "30s")
    assert drained.stdout.endswith("lag 0, age 0.0s \u00b10.0s, drained; in ?/s, out ?/s\n")
    bench.commit(1, 1)  # beyond the end
    assert stack.run(*watch, "--until", "drained", "--until", "200ms", check=False).returncode == 5
    assert stack.run(*watch, "--until", "soon", check=False).returncode == 2


def test_a_recording_and_its_picture(stack: RunningStack, bench: LagBench, tmp_path: Path) -> None:
    recorded = tmp_path / "lag.jsonl"
    stack.run("lag", "record", bench.group, "--every", "100ms", "--duration", "300ms", "--to", recorded)
    lines = [json.loads(line) for line in recorded.read_text().splitlines()]
    assert [next(iter(line)) for line in lines] == ["measured_ms"] * len(lines)
    assert [line["groups"][0]["lag"] for line in lines] == [6] * len(lines)
    assert len(lines) > 1
    for name, begin in (("lag.png", b"\x89PNG"), ("lag.html", b"<!doctype html>")):
        stack.run("lag", "plot", recorded, "--to", tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(begin)
    page = (tmp_path / "lag.html").read_text()
    assert f"Lag of {bench.group}" in page
    assert stack.run("lag", "plot", recorded, "--to", tmp_path / "lag.txt", check=False).returncode == 2
    away = stack.run("-X", "bootstrap=127.0.0.1:1", "lag", "record", "--to", tmp_path / "none", check=False)
    assert (away.returncode, (tmp_path / "none").exists()) == (5, False)
