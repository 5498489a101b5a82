"""Git in a directory, whatever the machine's own configuration says."""

import subprocess
from pathlib import Path

_SETTINGS = {"user.name": "a", "user.email": "a@example.org", "init.defaultBranch": "main", "commit.gpgsign": "false"}


def git(directory: Path, *words: str) -> str:
    """Run a git command that must succeed; return what it prints."""
    settings = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
    command = ["git", *settings, *words]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
