"""What a command says of itself, and that it ends within its time."""

import json
import signal
import subprocess
import sys
from contextlib import nullcontext

import httpx
import pytest

from gridctl.errors import Unavailable
from gridctl.runtime.health import STANDS_STILL_S, Health
from gridctl.runtime.log import Log
from gridctl.runtime.outage import Needs
from gridctl.runtime.service import Service, Terms
from gridctl.runtime.telemetry.absent import NoExports
from tests.support.wait import wait_until

HANGS = """
import time
from gridctl.runtime.log import Log
from gridctl.runtime.service import Service, Terms
from gridctl.runtime.telemetry.absent import NoExports
log = Log(lambda line: print(line, flush=True), as_json=False, command="t")
with Service(Terms(grace_s=0.3), log, NoExports("")) as service:
    print("begun", flush=True)
    while True:
        time.sleep(60)
"""


def log_of(lines: list[str], *, as_json: bool = False) -> Log:
    trace = {"trace_id": "0af7", "span_id": "b7ad"}
    return Log(
        lines.append, as_json=as_json, command="process", trace=lambda: trace, clock_ms=lambda: 1_700_000_000_123
    )


def ask(url: str) -> tuple[int, str]:
    response = httpx.get(url, timeout=10)
    return response.status_code, response.text


def test_its_endpoints_and_its_end() -> None:
    lines: list[str] = []
    joined: list[bool] = []

    def has_joined() -> None:
        if not joined:
            raise Unavailable("no partitions yet")

    with Service(Terms("127.0.0.1:0"), log_of(lines), NoExports("no metrics")) as service:
        base = lines[0].rpartition(" ")[2]
        assert ask(f"{base}/livez") == (200, "live\n")
        assert ask(f"{base}/readyz") == (503, "not ready\nstarting\n")
        assert ask(f"{base}/metrics") == (501, "no metrics\n")
        with service.opened(nullcontext):
            assert ask(f"{base}/readyz")[0] == 503
            with service.working(Needs(conditions={"group": has_joined})):
                assert ask(f"{base}/readyz") == (503, "not ready\nno partitions yet\n")
                joined.append(True)
                assert ask(f"{base}/readyz") == (200, "ready\n")
                service.health.away("broker", "Kafka is away")
                assert ask(f"{base}/readyz") == (503, "not ready\nKafka is away\n")
                service.health.back("broker")
                assert not service.is_asked()
                signal.raise_signal(signal.SIGTERM)
                assert service.is_asked()
                wait_until(lambda: ask(f"{base}/readyz") == (503, "not ready\nending\n"))
                assert ask(f"{base}/livez")[0] == 200
    with pytest.raises(httpx.ConnectError):
        ask(f"{base}/livez")


def test_a_command_that_hangs_is_ended_when_its_time_is_over() -> None:
    running = subprocess.Popen([sys.executable, "-c", HANGS], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "begun\n"
    running.send_signal(signal.SIGTERM)
    out, _ = running.communicate(timeout=20)
    assert running.returncode == 5
    assert "did not end within 0.3 s" in out


def test_it_lives_while_its_loop_goes_round() -> None:
    now = [0.0]
    health = Health(lambda: now[0])
    now[0] = STANDS_STILL_S
    assert health.livez().status == 200
    now[0] += 1
    assert health.livez().status == 503
    health.moved()
    assert health.livez().status == 200


def test_the_error_that_ends_it_is_in_the_log_of_machines_once() -> None:
    for as_json in (False, True):
        lines: list[str] = []
        error = Unavailable("the broker is away", next_step="look")
        with pytest.raises(Unavailable), Service(Terms(), log_of(lines, as_json=as_json), NoExports("")):
            raise error
        assert error.is_said is as_json
        assert [json.loads(line)["message"] for line in lines] == ["the broker is away; look"] * as_json


def test_lines_for_people_and_for_machines() -> None:
    lines: list[str] = []
    log_of(lines).warn("the broker is away")
    log_of(lines, as_json=True).say("two\nlines")
    assert lines[0] == "the broker is away"
    assert json.loads(lines[1]) == {
        "time": "2023-11-14T22:13:20.123Z",
        "level": "info",
        "command": "process",
        "message": "two\nlines",
        "trace_id": "0af7",
        "span_id": "b7ad",
    }
    assert "\n" not in lines[1]
