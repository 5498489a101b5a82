"""What a command says while it runs: a line for people, or a JSON object a line for a pod's log collector."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal

from gridctl.runtime.clock import wall_clock_ms

Level = Literal["info", "warning", "error"]


class Log:
    """Writes lines by `write`. `trace` gives `trace_id` and `span_id` while there is a span."""

    def __init__(
        self,
        write: Callable[[str], None],
        *,
        as_json: bool,
        command: str,
        trace: Callable[[], Mapping[str, str]] = dict,
        clock_ms: Callable[[], int] = wall_clock_ms,
    ) -> None:
        self._write = write
        self._as_json = as_json
        self._command = command
        self.trace = trace
        self._clock_ms = clock_ms

    def say(self, message: str) -> None:
        """Say what happens."""
        self._line("info", message)

    def warn(self, message: str) -> None:
        """Say what somebody may have to look at."""
        self._line("warning", message)

    def fail(self, message: str) -> None:
        """Say why the command ends."""
        self._line("error", message)

    def ended(self, why: str) -> bool:
        """Say for machines why the command ends, and return whether it was said; for people others do, with colour."""
        if self._as_json:
            self.fail(why)
        return self._as_json

    def _line(self, level: Level, message: str) -> None:
        if not self._as_json:
            self._write(message)
            return
        moment = datetime.fromtimestamp(self._clock_ms() / 1000, UTC)
        time = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"time": time, "level": level, "command": self._command, "message": message, **self.trace()}
        self._write(json.dumps(line, ensure_ascii=False))
