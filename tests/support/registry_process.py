"""`gridctl registry serve` as a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

Serving = tuple["subprocess.Popen[str]", str]


def serve(*arguments: str) -> Serving:
    """Start it; return the process and its address once it listens. The caller ends it."""
    command = [sys.executable, "-m", "gridctl", "registry", "serve", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()  # ends when the process does, so this never hangs
    assert url.startswith("http://127.0.0.1:"), process.communicate()[1]
    return process, url


@contextmanager
def registry_process(*arguments: str) -> Iterator[str]:
    """Yield the address of one that is gone afterwards."""
    process, url = serve(*arguments)
    with process:
        yield url
        process.kill()
