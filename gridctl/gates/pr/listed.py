"""Read a list of changed paths, as `git diff --name-only` writes it.

A path that is spelled another way than git spells it would bind nothing, so such a list is refused.
"""

import re

from gridctl.errors import UsageProblem

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
    """Return the path that a line names; raise ValueError saying why it names none."""
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
