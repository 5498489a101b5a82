"""A pod's life: not ready before it has its partitions, ready, a neighbour away, back at work, asked to end."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running_stack import RunningStack, running_stack
from tests.support.paths import GRIDCTL, ROOT
from tests.support.wait import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.slow]

GRACE_S = 20


@pytest.fixture(
    params=[pytest.param("embedded", marks=pytest.mark.embedded), pytest.param("kafka", marks=pytest.mark.real)]
)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningStack]:
    """A stack of the test's own, whose parts may be killed."""
    with running_stack(tmp_path / "state", "--broker", request.param) as running:
        yield running


class Pod:
    """A command that listens, as a kubelet sees it."""

    def __init__(self, stack: RunningStack, *words: object) -> None:
        arguments = [*words, "--listen", "127.0.0.1:0", "-o", "json", "-X", f"service.grace_s={GRACE_S}"]
        self.process = subprocess.Popen(
            [GRIDCTL, *_options_first(arguments)],
            env=stack.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.process.stderr is not None
        found = re.search(r"http://\S+", self.process.stderr.readline())
        assert found
        self.url = found[0]

    def probe(self, path: str) -> tuple[int, str]:
        response = httpx.get(f"{self.url}/{path}", timeout=5)
        return response.status_code, response.text

    def is_ready(self) -> bool:
        status, text = self.probe("readyz")
        assert (status == 200) == (text == "ready\n")
        return status == 200

    def is_live(self) -> bool:
        return self.probe("livez")[0] == 200

    def await_ready(self, *, ready: bool) -> None:
        wait_until(lambda: self.is_ready() is ready, otherwise=f"ready never became {ready}", pause_s=0.05)
        assert self.is_live()

    def end(self) -> tuple[dict[str, Any], str]:
        """Ask it to end, and return its account and what it said; it ends within its time."""
        began_s = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        out, error = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, error
        assert time.monotonic() - began_s < GRACE_S
        account: dict[str, Any] = json.loads(out)
        return account, error


def _options_first(arguments: list[object]) -> list[str]:
    """Put `-X` where the command line takes it: before the command."""
    place = arguments.index("-X")
    return [*map(str, arguments[place:]), *map(str, arguments[:place])]


def lines(stack: RunningStack, hour: int) -> bytes:
    start = f"2026-01-15T0{hour}:00:00Z"
    made = stack.run("simulate", "thermostats", "--devices", 40, "--ticks", 1, "--start", start, "--to", "-")
    return made.stdout.encode()


def test_a_pods_life(stack: RunningStack, tmp_path: Path) -> None:
    progress = tmp_path / "progress.json"
    pod = Pod(stack, "process", "--progress", progress)
    assert pod.probe("readyz") == (503, "not ready\nstarting\n")
    assert pod.is_live()

    def consumed() -> int:
        found: int = json.loads(progress.read_text())["consumed"] if progress.exists() else 0
        return found

    def works(events: bytes, total: int) -> None:
        stack.run("ingest", "jsonl", "-", stdin=events)
        wait_until(lambda: consumed() == total, otherwise=f"{consumed()} of {total} were processed")

    pod.await_ready(ready=True)
    works(lines(stack, 1), 40)
    bridge = Pod(stack, "ingest", "jsonl", "-")
    assert bridge.process.stdin is not None
    bridge.await_ready(ready=True)
    with stack.without("broker"):
        # A pipe cannot be read again: what comes in meanwhile must survive.
        bridge.process.stdin.write(lines(stack, 2).decode())
        bridge.process.stdin.close()
        bridge.process.stdin = None
        for each in (pod, bridge):
            each.await_ready(ready=False)
    pod.await_ready(ready=True)
    out, error = bridge.process.communicate(timeout=60)
    assert (bridge.process.returncode, json.loads(out)["published"]) == (0, 40), error
    wait_until(lambda: consumed() == 80)
    with stack.without("redis"):
        pod.await_ready(ready=False)
        stack.run("ingest", "jsonl", "-", stdin=lines(stack, 3))
    works(lines(stack, 4), 160)
    pod.await_ready(ready=True)
    account, said = pod.end()
    assert account["consumed"] == account["applied"] == 160, account
    assert "Traceback" not in said
    # Each outage is said once, and its end.
    assert len([line for line in said.splitlines() if "waiting for it" in line]) == 2, said
