"""The local git repository, read through the `git` command."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from gridctl.errors import Unavailable
from gridctl.gates.pr.model import ChangedPath

WHOLE_HISTORY = "fetch the whole history (`fetch-depth: 0` in actions/checkout)"
_DEADLINE_S = 120
_LINK, _SUBMODULE = b"120000 ", b"160000 "  # modes of tree entries


class GitRepository:
    """A work tree and its history. Revisions are checked before git sees them as anything but a revision."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def commit_of(self, revision: str) -> str:
        """Return the full hash of a revision; raise Unavailable where the repository does not hold it."""
        wanted = f"{revision}^{{commit}}"
        found = self._run(
            ["rev-parse", "--verify", "--quiet", "--end-of-options", wanted],
            f"git knows no commit {revision} in {self._directory}",
            f"{WHOLE_HISTORY} or name another revision",
        )
        return found.decode().strip()

    def fork_of(self, base: str, head: str = "HEAD") -> str:
        """Return the commit where head left base; raise Unavailable where the repository does not hold it."""
        ends = [self.commit_of(base), self.commit_of(head)]
        failure = f"git finds no common ancestor of {base} and {head}"
        return self._run(["merge-base", *ends], failure, WHOLE_HISTORY).decode().strip()

    def prefix(self) -> str:
        """Return this directory's path in the repository, with a `/` at its end; empty at the top."""
        failure = f"{self._directory} is in no git work tree"
        return os.fsdecode(self._run(["rev-parse", "--show-prefix"], failure, "run inside a clone").removesuffix(b"\n"))

    def files_under(self, revision: str, directory: str) -> dict[str, bytes]:
        """Return the contents of all files below a directory at a commit, by their paths below it.

        Raise Unavailable for a link or a submodule there: git holds where it leads, not its content.
        """
        blobs: dict[str, bytes] = {}
        for entry in self._listed(revision, self.commit_of(revision), directory or ".", "-r"):
            meta, _, path = entry.partition(b"\t")
            if meta.startswith((_LINK, _SUBMODULE)):
                raise Unavailable(
                    f"{os.fsdecode(path)} is a link or a submodule at {revision}, so git does not hold what it shows",
                    next_step="put the files themselves there",
                )
            if b" blob " in meta:
                blobs[os.fsdecode(path).removeprefix(directory)] = meta.split()[2]
        asked = b"".join(blob + b"\n" for blob in blobs.values())
        found = self._run(["cat-file", "--batch"], f"git cannot read {directory} at {revision}", given=asked)
        return dict(zip(blobs, _contents(found), strict=True))

    def changed_paths(self, base: str, head: str = "HEAD") -> tuple[ChangedPath, ...]:
        """Return what differs between head and its common ancestor with base.

        Without rename detection a rename is a deletion and an addition, so both names are there.
        """
        options = ("--raw", "--no-abbrev", "-z", "--no-renames", "--no-relative", "--no-ext-diff")
        span = f"{self.commit_of(base)}...{self.commit_of(head)}"
        command = ["diff", *options, "--ignore-submodules=none", span, "--"]
        return tuple(_entries(self._run(command, f"git cannot compare {base} with {head}", WHOLE_HISTORY)))

    def file_at(self, revision: str, path: str) -> bytes | None:
        """Return the content of a file at a commit, or None where that commit has no such file."""
        commit = self.commit_of(revision)
        if not self._listed(revision, commit, path):
            return None
        return self._run(["cat-file", "blob", f"{commit}:{path}"], f"git cannot read {path} at {revision}")

    def _listed(self, revision: str, commit: str, path: str, *options: str) -> list[bytes]:
        """Return the entries of a path: mode, type and hash, a tab, and the path."""
        command = ["ls-tree", *options, "-z", "--full-tree", commit, "--", path]
        return self._run(command, f"git cannot list {path} at {revision}").split(b"\0")[:-1]

    def _run(self, arguments: Sequence[str], failure: str, next_step: str = "", given: bytes = b"") -> bytes:
        """Return what git prints; raise Unavailable, with `failure` and what git says of it, where it fails."""
        command = ["git", "--literal-pathspecs", "--no-pager", *arguments]
        try:
            done = subprocess.run(
                command, cwd=self._directory, input=given, capture_output=True, check=False, timeout=_DEADLINE_S
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise Unavailable(f"git could not run: {error}", next_step="install git and run inside a clone") from error
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise Unavailable(f"{failure}: {said}" if said else failure, next_step=next_step)
        return done.stdout


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
