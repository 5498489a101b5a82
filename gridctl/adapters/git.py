"""The local git repository, read through the `git` command."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from gridctl.errors import Unavailable
from gridctl.gates.pr.model import ChangedPath

_DEADLINE_S = 120
_LINK, _SUBMODULE = b"120000 ", b"160000 "  # modes of tree entries


class GitRepository:
    """A work tree and its history. Revisions are checked before git sees them as anything but a revision."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def commit_of(self, revision: str) -> str:
        """Return the full hash of a revision; raise Unavailable where the repository does not hold it."""
        found = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if found.returncode:
            raise Unavailable(
                f"git knows no commit {revision} in {self._directory}",
                next_step="fetch the whole history (`fetch-depth: 0` in actions/checkout) or name another revision",
            )
        return found.stdout.decode().strip()

    def fork_of(self, base: str, head: str = "HEAD") -> str:
        """Return the commit where head left base; raise Unavailable where the repository does not hold it."""
        found = self._run("merge-base", self.commit_of(base), self.commit_of(head))
        if found.returncode:
            raise Unavailable(
                f"git finds no common ancestor of {base} and {head}: {_said(found)}",
                next_step="fetch the whole history (`fetch-depth: 0` in actions/checkout)",
            )
        return found.stdout.decode().strip()

    def prefix(self) -> str:
        """Return this directory's path in the repository, with a `/` at its end; empty at the top."""
        found = self._run("rev-parse", "--show-prefix")
        if found.returncode:
            raise Unavailable(
                f"{self._directory} is in no git work tree: {_said(found)}", next_step="run inside a clone"
            )
        return os.fsdecode(found.stdout.removesuffix(b"\n"))

    def files_under(self, revision: str, directory: str) -> dict[str, bytes]:
        """Return the contents of all files below a directory at a commit, by their paths below it.

        Raise Unavailable for a link or a submodule there: git holds where it leads, not what stands there.
        """
        listed = self._run("ls-tree", "-r", "-z", "--full-tree", self.commit_of(revision), "--", directory or ".")
        if listed.returncode:
            raise Unavailable(f"git cannot list {directory} at {revision}: {_said(listed)}")
        blobs: dict[str, bytes] = {}
        for entry in listed.stdout.split(b"\0")[:-1]:
            meta, _, path = entry.partition(b"\t")
            if meta.startswith((_LINK, _SUBMODULE)):
                raise Unavailable(
                    f"{os.fsdecode(path)} is a link or a submodule at {revision}, so git does not hold what it shows",
                    next_step="put the files themselves there",
                )
            if b" blob " in meta:
                blobs[os.fsdecode(path).removeprefix(directory)] = meta.split()[2]
        found = self._run("cat-file", "--batch", given=b"".join(blob + b"\n" for blob in blobs.values()))
        if found.returncode:
            raise Unavailable(f"git cannot read {directory} at {revision}: {_said(found)}")
        return dict(zip(blobs, _contents(found.stdout), strict=True))

    def changed_paths(self, base: str, head: str = "HEAD") -> tuple[ChangedPath, ...]:
        """Return what differs between head and its common ancestor with base.

        Without rename detection a rename is a deletion and an addition, so both names are there.
        """
        options = ("--raw", "--no-abbrev", "-z", "--no-renames", "--no-relative", "--no-ext-diff")
        span = f"{self.commit_of(base)}...{self.commit_of(head)}"
        found = self._run("diff", *options, "--ignore-submodules=none", span, "--")
        if found.returncode:
            raise Unavailable(
                f"git cannot compare {base} with {head}: {_said(found)}",
                next_step="fetch the whole history (`fetch-depth: 0` in actions/checkout)",
            )
        return tuple(_entries(found.stdout))

    def file_at(self, revision: str, path: str) -> bytes | None:
        """Return the content of a file at a commit, or None where that commit has no such file."""
        commit = self.commit_of(revision)
        listed = self._run("ls-tree", "-z", "--full-tree", commit, "--", path)
        if listed.returncode:
            raise Unavailable(f"git cannot list {path} at {revision}: {_said(listed)}")
        if not listed.stdout:
            return None
        found = self._run("cat-file", "blob", f"{commit}:{path}")
        if found.returncode:
            raise Unavailable(f"git cannot read {path} at {revision}: {_said(found)}")
        return found.stdout

    def _run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = ["git", "--literal-pathspecs", "--no-pager", *arguments]
        try:
            return subprocess.run(
                command, cwd=self._directory, input=given, capture_output=True, check=False, timeout=_DEADLINE_S
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"git could not run: {error}", next_step="install git and run inside a clone") from error


def _entries(raw: bytes) -> Iterator[ChangedPath]:
    """Read `--raw -z`: `:<mode> <mode> <blob> <blob> <status>`, NUL, path, NUL."""
    fields = raw.split(b"\0")[:-1]
    for meta, path in zip(fields[::2], fields[1::2], strict=True):
        blob = meta.split()[3].decode()
        yield ChangedPath(path.decode("utf-8", "surrogateescape"), None if set(blob) == {"0"} else blob)


def _contents(raw: bytes) -> Iterator[bytes]:
    """Read `cat-file --batch`: `<blob> blob <size>`, line end, content, line end."""
    at = 0
    while at < len(raw):
        end = raw.index(b"\n", at)
        start, size = end + 1, int(raw[at:end].split()[2])
        yield raw[start : start + size]
        at = start + size + 1


def _said(result: subprocess.CompletedProcess[bytes]) -> str:
    return result.stderr.decode("utf-8", "replace").strip() or f"exit code {result.returncode}"
