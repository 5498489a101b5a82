"""`gridctl` in this process: the whole of a call but the interpreter's start."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, chdir
from pathlib import Path
from tempfile import TemporaryFile
from unittest.mock import patch

from gridctl.cli import main


def call(
    *words: object, cwd: Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Call the command in a directory; of this process's environment it sees nothing that is for it or for Actions."""
    argv = [str(word) for word in words]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GRIDCTL_", "GITHUB_"))}
    with ExitStack() as opened:
        # Files, for the commands also ask for the descriptors behind these.
        given, out, err = (
            opened.enter_context(TemporaryFile("w+", encoding="utf-8", errors=errors, newline=""))
            for errors in ("strict", "strict", "backslashreplace")
        )
        given.buffer.write(stdin)
        given.seek(0)
        with (
            chdir(cwd),
            patch.dict(os.environ, {**kept, **(env or {})}, clear=True),
            patch.multiple(sys, stdin=given, stdout=out, stderr=err),
        ):
            code = main.run(argv)
        for file in (out, err):
            file.flush()
            file.seek(0)
        return subprocess.CompletedProcess(argv, code, out.read(), err.read())
