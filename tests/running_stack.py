"""A stack that is up, as tests use it."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from gridctl.cli.config import ENDPOINT_OF_PART
from gridctl.local.stack.embedded_client import client_settings
from gridctl.local.stack.model import Stack, read_stack
from gridctl.local.stack.processes import find, start, stop
from tests.support.command import call
from tests.support.paths import GRIDCTL, ROOT, SCHEMAS


@contextmanager
def running_stack(state_dir: Path, *options: str) -> Iterator["RunningStack"]:
    """Start a stack, the embedded one unless the options of `up` say otherwise, and end it afterwards."""
    stack = RunningStack(state_dir)
    try:
        stack.run("up", *options)
        yield stack
    finally:
        stack.run("down")


@dataclass(frozen=True)
class RunningStack:
    """A stack that is up. Several tests may share one: use device ids, groups and counts of your own.

    `external` holds the addresses of servers that something else started, by part.
    """

    state_dir: Path
    external: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        """What a command needs to find the stack."""
        endpoints = {f"GRIDCTL_{ENDPOINT_OF_PART[name].upper()}": address for name, address in self.external.items()}
        return {"GRIDCTL_STATE_DIR": str(self.state_dir), **endpoints}

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a process that finds the stack."""
        return {**os.environ, **self.variables}

    @cached_property
    def addresses(self) -> Mapping[str, str]:
        """Where each part listens."""
        if self.external:
            return self.external
        stack = read_stack(self.state_dir)
        assert stack is not None
        return {part.name: part.address for part in stack.parts}

    @property
    def kafka(self) -> Mapping[str, str | int]:
        """What the settings add for clients of this broker."""
        return {} if self.external else client_settings()

    @property
    def bootstrap(self) -> str:
        return self.addresses["broker"]

    @property
    def registry(self) -> str:
        return self.addresses["registry"]

    @property
    def redis(self) -> str:
        return self.addresses["redis"]

    @property
    def mqtt(self) -> str:
        return self.addresses["mqtt"]

    def run(
        self, *words: object, stdin: bytes | str = b"", check: bool = True, cwd: Path = ROOT
    ) -> subprocess.CompletedProcess[str]:
        """Call a command on the stack, in this process; with `check` it must succeed."""
        given = stdin if isinstance(stdin, bytes) else stdin.encode()
        done = call(*words, cwd=cwd, stdin=given, env=self.variables)
        if check:
            assert done.returncode == 0, f"gridctl {words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def wants_yes(self, directory: Path, *words: str, without: Sequence[str] = ()) -> None:
        """Hold a command to a protected profile, made in `directory`: refused, but for --yes and `without` a change."""
        (directory / "gridctl.toml").write_text("[profile.prod]\nprotected = true\n")
        command = ["--profile", "prod", "-X", f"schemas={SCHEMAS}", *words]
        for more, code in (([], 2), *(([word], 0) for word in without), (["--yes"], 0)):
            done = self.run(*command, *more, check=False, cwd=directory)
            assert (done.returncode, "pass --yes" in done.stderr) == (code, code == 2), done.stderr

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Kill a part of a stack of one's own; afterwards it is there again, on its port and with its data."""
        stack = read_stack(self.state_dir)
        assert stack is not None
        (part,) = (each for each in stack.parts if each.name == name)
        commands = [found.cmdline() for process in part.processes if (found := find(process))]
        stop(part.processes)
        try:
            yield
        finally:
            log = self.state_dir / "data" / f"{name}.log"
            again = part.model_copy(update={"processes": tuple(start(command, log) for command in commands)})
            Stack(parts=tuple(again if each is part else each for each in stack.parts)).write(self.state_dir)
            self.run("up")  # waits until it answers

    def start(self, *arguments: object) -> subprocess.Popen[bytes]:
        """Start a command as a process that goes on; the caller ends it."""
        return subprocess.Popen(
            [GRIDCTL, *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=ROOT,
        )
