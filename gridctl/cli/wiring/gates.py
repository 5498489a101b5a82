"""The wiring of the gates: the environment in, the code host and the local repository out."""

from collections.abc import Mapping
from pathlib import Path

from gridctl.gates.pr.model import CodeHost, History


def code_host(repository: str, environ: Mapping[str, str]) -> CodeHost:
    """Return the repository on GitHub, or on the server that GITHUB_API_URL names; GITHUB_TOKEN where it is set."""
    from gridctl.adapters.github import PUBLIC_API, GitHubRepository

    token = environ.get("GITHUB_TOKEN")
    return GitHubRepository(repository, token or None, environ.get("GITHUB_API_URL") or PUBLIC_API)


def local_history() -> History:
    """Return the git repository around the working directory."""
    from gridctl.adapters.git import GitRepository

    return GitRepository(Path.cwd())
