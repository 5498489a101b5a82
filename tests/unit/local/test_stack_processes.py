"""Processes that outlive their starter, and are told from others with the same pid."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from gridctl.local.stack import processes
from gridctl.local.stack.model import Process
from gridctl.local.stack.processes import LOOPBACK, PORTS, find, free_ports, log_tail, start, stop
from tests.support.wait import wait_until

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)


def test_a_process_is_found_until_it_ends(tmp_path: Path) -> None:
    process = start([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log")
    assert find(process) is not None
    stop([process])
    assert find(process) is None
    stop([process])


def test_a_pid_with_another_start_time_is_somebody_else() -> None:
    me = Process(pid=os.getpid(), started_s=psutil.Process().create_time())
    assert find(me) is not None
    somebody = me.model_copy(update={"started_s": me.started_s - 60})
    assert find(somebody) is None
    stop([somebody])  # would end this very process


def test_one_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "TERMINATE_TIMEOUT_S", 0.2)
    process = start([sys.executable, "-c", STUBBORN], tmp_path / "log")
    wait_until(lambda: "deaf" in log_tail(tmp_path / "log"))
    stop([process])
    assert find(process) is None


def test_one_whose_parent_does_not_ask_about_it_is_gone_when_it_has_ended() -> None:
    sleeper = "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", sleeper], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        process = Process(pid=pid, started_s=psutil.Process(pid).create_time())
        stop([process])
        assert find(process) is None
        assert psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        parent.kill()


def test_it_does_not_hear_the_terminal(tmp_path: Path) -> None:
    process = start([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log")
    try:
        assert os.getsid(process.pid) != os.getsid(0)
    finally:
        os.kill(process.pid, signal.SIGKILL)


def test_free_ports_differ_and_lie_below_those_of_outgoing_connections() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(port in PORTS for port in ports)
    for port in ports:
        with socket.socket() as listener:
            listener.bind((LOOPBACK, port))
