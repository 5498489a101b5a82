"""Collect what the rules look at, from the command line, the event, the code host and the local repository.

The rules and waivers that judge a change are those of its base: a change cannot weaken the rules that judge it, and a
waiver holds only once it has been reviewed and merged itself.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridctl.errors import Unavailable, UsageProblem
from gridctl.gates.pr.model import Change, ChangedPath, CodeHost, Files, History, PullRequest, standing_approvals
from gridctl.gates.pr.rules import PrRules
from gridctl.gates.waivers import Waiver, login, parse_waivers

# A merge queue names its branch after the pull request: gh-readonly-queue/<branch>/pr-<number>-<commit>.
_QUEUE = re.compile(r"(?:refs/heads/)?gh-readonly-queue/.+/pr-(\d+)-[0-9a-f]+")


@dataclass(frozen=True)
class Event:
    """Which pull request the run is about. `pull_request` is None in a merge queue, whose payload has no body."""

    repository: str
    number: int
    pull_request: PullRequest | None


def parse_event(content: bytes, where: str) -> Event:
    """Return the event; raise Unavailable where it does not name a pull request."""
    try:
        payload = json.loads(content)
        repository = _text(payload["repository"]["full_name"])
        if "merge_group" in payload:
            return Event(repository, _queued(_text(payload["merge_group"]["head_ref"])), None)
        pull = payload["pull_request"]
        author = pull.get("user") or {}
        found = PullRequest(
            repository=repository,
            number=int(pull["number"]),
            author=author.get("login"),
            body=_text(pull.get("body") or ""),
            base=_text(pull["base"]["sha"]),
            head=_text(pull["head"]["sha"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise Unavailable(
            f"{where}: does not name a pull request ({type(error).__name__}: {error})",
            next_step="run this on pull_request, pull_request_review or merge_group, or name --body-file",
        ) from error
    return Event(repository, found.number, found)


def _queued(head_ref: str) -> int:
    match = _QUEUE.fullmatch(head_ref)
    if match is None:
        raise ValueError(f"{head_ref} does not name a pull request")
    return int(match[1])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text was expected, not {type(value).__name__}")
    return value


# git quotes every path that holds one of these.
_NEVER_BARE = re.compile(r"[\x00-\x1f\x7f\\]")
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")
_ESCAPE = re.compile(rb'\\(?:([abtnvfr"\\])|([0-3][0-7]{2}))')
_QUOTED = re.compile(rb'"((?:[^"\\\x00]|\\[abtnvfr"\\]|\\[0-3][0-7]{2})*+)"')
_LETTERS = dict(zip(b'abtnvfr"\\', b'\a\b\t\n\v\f\r"\\', strict=True))


def listed_paths(content: bytes, where: str) -> frozenset[str]:
    """Return the paths; raise UsageProblem naming the first line that is not one."""
    text = content.decode("utf-8-sig", "surrogateescape")
    paths = set()
    # Not splitlines: git leaves U+2028 and the like as they are, and they end no line.
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if not line.strip(" "):
            continue
        try:
            paths.add(_path(line.strip(" ")))
        except ValueError as error:
            raise UsageProblem(
                f"{where}: line {number}: {error}", next_step="write the list with `git diff --name-only`"
            ) from error
    return frozenset(paths)


def _path(line: str) -> str:
    """Return the path that a line names; raise ValueError saying why it is not a path."""
    path = (_unquoted(line) if line.startswith('"') else _bare(line)).removeprefix("./")
    if _ABSOLUTE.match(path):
        raise ValueError("an absolute path, not one from the top of the repository")
    if wrong := {"", ".", ".."}.intersection(path.split("/")):
        raise ValueError(f"a path with {min(wrong) or 'nothing'} between two slashes or at an end")
    return path


def _bare(line: str) -> str:
    if found := _NEVER_BARE.search(line):
        names = {"\0": "a NUL (is the file UTF-8?)", "\t": "a tab", "\\": "a backslash"}
        raise ValueError(f"{names.get(found[0], 'a control character')} in a path without quotes")
    return line


def _unquoted(line: str) -> str:
    """Return a path as it is: git writes unusual ones in quotes, with the escapes of C."""
    quoted = _QUOTED.fullmatch(line.encode("utf-8", "surrogateescape"))
    if quoted is None:
        raise ValueError("a path in quotes that git would not write: a wrong escape, a NUL or no quote at the end")
    plain = _ESCAPE.sub(lambda found: bytes([_LETTERS[found[1][0]] if found[1] else int(found[2], 8)]), quoted[1])
    return plain.decode("utf-8", "surrogateescape")


RULES_PATH = "ci/pr-rules.toml"
WAIVERS_NAME = "waivers.toml"


@dataclass(frozen=True)
class Sources:
    """Where to read from, as the command line says. What is None comes from the event and the code host."""

    body_file: Path | None = None
    base: str | None = None
    changed_files: Path | None = None
    approvals: Path | None = None
    rules: Path | None = None


@dataclass(frozen=True)
class Judged:
    """A change, and what judges it."""

    change: Change
    rules: PrRules
    waivers: tuple[Waiver, ...]
    pull_request: PullRequest | None


def gather(sources: Sources, event: Event | None, host: CodeHost | None, history: History) -> Judged:
    """Collect everything; raise UsageProblem for a wrong call and Unavailable for what cannot be read."""
    pull_request = None if sources.body_file else _pull_request(event, host)
    body = pull_request.body if pull_request else ""
    if sources.body_file:
        # A body that is not UTF-8 is judged by what can be read of it.
        body = _read(sources.body_file).decode("utf-8-sig", "replace")
    named = None if sources.base is None else history.commit_of(sources.base)
    base = named or (pull_request.base if pull_request else None)
    change = Change(
        body=body,
        paths=_paths(sources, base, pull_request, host, history),
        approvals=_approvals(sources, pull_request, host),
        body_file=str(sources.body_file) if sources.body_file else None,
    )
    files: Files = host if host is not None and pull_request is not None and named is None else history
    rules, waivers = _judging(sources.rules, base, files)
    return Judged(change, rules, waivers, pull_request)


def _pull_request(event: Event | None, host: CodeHost | None) -> PullRequest:
    if event is None:
        raise UsageProblem(
            "no pull request is named", next_step="name --body-file or --event-file, or set GITHUB_EVENT_PATH"
        )
    if host is not None:
        # The payload is as old as the run's first attempt; the author may have edited the body since.
        return host.pull_request(event.number)
    if event.pull_request is None:
        raise Unavailable("the event of a merge queue has no body", next_step="set GITHUB_TOKEN (contents: read)")
    return event.pull_request


def _paths(
    sources: Sources, base: str | None, pull_request: PullRequest | None, host: CodeHost | None, history: History
) -> tuple[ChangedPath, ...]:
    if sources.changed_files:
        listed = listed_paths(_read(sources.changed_files), str(sources.changed_files))
        return tuple(sorted(ChangedPath(path) for path in listed))
    if sources.base is not None and base is not None:
        return history.changed_paths(base)
    if pull_request is None:
        raise UsageProblem("nothing says what changed", next_step="name --changed-files or --base")
    if host is not None:
        return host.changed_paths(pull_request.number)
    return history.changed_paths(pull_request.base, pull_request.head)


def _approvals(sources: Sources, pull_request: PullRequest | None, host: CodeHost | None) -> frozenset[str] | None:
    if sources.approvals:
        lines = _read(sources.approvals).decode("utf-8", "replace").splitlines()
        author = login(pull_request.author or "") if pull_request else ""
        return frozenset(login(line) for line in lines if line.strip()) - {author}
    if pull_request is None:
        return frozenset()
    if host is None:
        return None
    return standing_approvals(host.reviews(pull_request.number), pull_request)


def _judging(named: Path | None, base: str | None, files: Files) -> tuple[PrRules, tuple[Waiver, ...]]:
    rules_path = named or Path(RULES_PATH)
    waivers_path = rules_path.with_name(WAIVERS_NAME)
    rules = None if named or base is None else files.file_at(base, rules_path.as_posix())
    if rules is None:
        # Named by the caller, or new with this change: the file in this directory.
        rules = _read(rules_path)
        waivers = waivers_path.read_bytes() if waivers_path.is_file() else b""
    else:
        waivers = files.file_at(base or "", waivers_path.as_posix()) or b""
    return (
        PrRules.from_toml(rules.decode("utf-8", "replace"), rules_path.as_posix()),
        parse_waivers(waivers.decode("utf-8", "replace"), waivers_path.as_posix()),
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"{path}: cannot be read: {error.strerror}", next_step="name a file that exists") from error
