"""Processes of the runner: what is started is ended, whenever the interruption comes."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from gridctl.gates.runner_process import Call, run_all
from tests.support.wait import wait_until


def test_an_interruption_while_a_process_starts_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create, child = asyncio.create_subprocess_exec, tmp_path / "child"

    async def interrupted(*words: str, **options: Any) -> asyncio.subprocess.Process:
        process = await create(*words, **options)
        await asyncio.to_thread(wait_until, lambda: child.exists() and child.read_text().strip())
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.1)  # the process runs, and nobody has it yet
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", interrupted)
    call = Call(["sh", "-c", f"sleep 60 & echo $! > {child}; wait"], timeout_s=30)
    with pytest.raises(KeyboardInterrupt):
        run_all({"slow": call}, os.environ, lambda _name, _ran: None)
    gone = Path(f"/proc/{int(child.read_text())}/stat")
    assert not gone.exists() or gone.read_text().split()[2] == "Z"
