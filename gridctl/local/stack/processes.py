"""Processes that outlive the command that starts them."""

import random
import socket
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from gridctl.errors import Unavailable
from gridctl.local.stack.model import Process

LOOPBACK = "127.0.0.1"
TERMINATE_TIMEOUT_S = 10.0
# Below the range from which systems take the ports of outgoing connections: one of those could take a port that
# was free a moment ago.
PORTS = range(15_000, 30_000)
SAME_START_S = 0.5
LOG_LINES = 3


def free_ports(count: int) -> list[int]:
    """Return ports on which nothing listens on loopback; all different."""
    held: list[socket.socket] = []
    try:
        for port in random.SystemRandom().sample(PORTS, len(PORTS)):
            listener = socket.socket()
            try:
                listener.bind((LOOPBACK, port))
            except OSError:
                listener.close()
                continue
            held.append(listener)
            if len(held) == count:
                return [each.getsockname()[1] for each in held]
    finally:
        for listener in held:
            listener.close()
    raise Unavailable(f"no {count} free ports on {LOOPBACK}", next_step="stop something that listens there")


def start(command: Sequence[str | Path], log: Path) -> Process:
    """Start a process in a session of its own, with its output in a log file."""
    with log.open("ab") as output:
        try:
            started = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            raise Unavailable(f"{command[0]} cannot be started: {error}", next_step=f"read {log}") from error
    return Process(pid=started.pid, started_s=psutil.Process(started.pid).create_time())


def find(process: Process) -> psutil.Process | None:
    """Return the running process, or None when it has ended or its pid is another's."""
    try:
        found = psutil.Process(process.pid)
        if abs(found.create_time() - process.started_s) > SAME_START_S or found.status() == psutil.STATUS_ZOMBIE:
            return None
    except psutil.NoSuchProcess:
        return None
    return found


def stop(processes: Iterable[Process]) -> None:
    """Stop processes and wait until they are gone: asked first, then killed."""
    left = list(processes)
    for signal in (psutil.Process.terminate, psutil.Process.kill):
        for found in filter(None, map(find, left)):
            with suppress(psutil.NoSuchProcess):
                signal(found)
        deadline_s = time.monotonic() + TERMINATE_TIMEOUT_S
        # One that has ended and that its parent has not asked about, as in a container without an init, is gone.
        while (left := [process for process in left if find(process)]) and time.monotonic() < deadline_s:
            time.sleep(0.02)
    if left:
        pids = ", ".join(str(process.pid) for process in left)
        raise Unavailable(f"processes {pids} do not stop", next_step="stop them by hand")


def log_tail(log: Path) -> str:
    """Return the last lines of a log as one line, blank ones left out."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "it wrote no log"
    return " | ".join([line.strip() for line in text.splitlines() if line.strip()][-LOG_LINES:]) or "its log is empty"
