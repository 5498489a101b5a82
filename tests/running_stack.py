"""A stack that is up, as tests use it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gridctl.local.stack.model import Stack, read_stack

GRIDCTL = str(Path(sys.executable).parent / "gridctl")
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class RunningStack:
    """A stack that is up. Several tests may share one: use device ids, groups and counts of your own."""

    state_dir: Path

    @property
    def environment(self) -> dict[str, str]:
        """What a subprocess needs to find the stack."""
        return {**os.environ, "GRIDCTL_STATE_DIR": str(self.state_dir)}

    @cached_property
    def parts(self) -> Stack:
        """What was started."""
        stack = read_stack(self.state_dir)
        assert stack is not None
        return stack

    def address(self, name: str) -> str:
        """Return the address of a part."""
        return next(part.address for part in self.parts.parts if part.name == name)

    @property
    def bootstrap(self) -> str:
        return self.address("broker")

    @property
    def registry(self) -> str:
        return self.address("registry")

    @property
    def redis(self) -> str:
        return self.address("redis")

    @property
    def mqtt(self) -> str:
        return self.address("mqtt")

    def run(
        self, *arguments: object, stdin: bytes | str = b"", check: bool = True, timeout_s: float = 90
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on the stack; with `check` it must succeed."""
        done = subprocess.run(
            [GRIDCTL, *map(str, arguments)],
            input=stdin if isinstance(stdin, bytes) else stdin.encode(),
            env=self.environment,
            capture_output=True,
            timeout=timeout_s,
            cwd=ROOT,
        )
        text = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
        )
        if check:
            assert text.returncode == 0, f"gridctl {arguments}: exit {text.returncode}\n{text.stdout}\n{text.stderr}"
        return text

    def start(self, *arguments: object) -> subprocess.Popen[bytes]:
        """Start a command that goes on; the caller ends it."""
        return subprocess.Popen(
            [GRIDCTL, *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
