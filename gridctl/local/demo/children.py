"""The demo's processes: `gridctl` commands that run as a user would run them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gridctl.errors import GridctlError, Unavailable
from gridctl.local.stack.processes import log_tail

STOP_TIMEOUT_S = 30.0


class Child:
    """One `gridctl` process; its data is one JSON document on stdout, its messages go to a log file."""

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log_dir: Path) -> None:
        self.name = name
        self._awaited = False
        self.log = log_dir / f"{name}.log"
        self._out = log_dir / f"{name}.json"
        with self._out.open("wb") as out, self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gridctl", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                env=environment,
                cwd=log_dir,
                start_new_session=True,
            )

    def require_running(self) -> None:
        """Raise Unavailable when the process has stopped although it was not asked to stop."""
        code = self._process.poll()
        if code is not None and not self._awaited:
            raise Unavailable(
                f"{self.name} stopped with exit code {code}: {log_tail(self.log)}", next_step=f"read {self.log}"
            )

    def stop(self) -> dict[str, Any]:
        """Ask it to drain, wait, and return the summary that it printed."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        return self.finish(STOP_TIMEOUT_S)

    def finish(self, timeout_s: float) -> dict[str, Any]:
        """Wait until it has stopped by itself and return its summary."""
        self._awaited = True
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(
                f"{self.name} did not stop within {timeout_s:.0f} s", next_step=f"read {self.log}"
            ) from error
        if code != 0:
            raise GridctlError(
                f"{self.name} stopped with exit code {code}: {log_tail(self.log)}", next_step=f"read {self.log}"
            )
        text = self._out.read_text(encoding="utf-8").strip()
        summary: dict[str, Any] = json.loads(text) if text else {}
        return summary

    def kill(self) -> None:
        """Kill it; harmless when it has stopped."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
