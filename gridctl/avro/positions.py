"""Where a JSON pointer stands in the text of a document: line and column, for editors and annotations."""

import json
import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

_TOKEN = re.compile(
    r'(?:[ \t\r\n]+|//[^\r\n]*|/\*.*?\*/)*("[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s{}\[\],:"/]+)', re.DOTALL
)


class Position(NamedTuple):
    """A place in a text; both count from 1, the column in characters."""

    line: int
    column: int


class Positions:
    """The places of all values in one JSON text, comments allowed; of text that is not JSON as far as it goes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def find(self, pointer: str) -> Position:
        """Return where the value starts that a JSON pointer names, or the innermost one around it that is there.

        The root is an empty pointer or `/`.
        """
        while pointer.strip("/"):
            offset = self._offsets.get(pointer)
            if offset is not None:
                return self._position(offset)
            pointer = pointer.rpartition("/")[0]
        start = _TOKEN.match(self._text)
        return self._position(start.start(1) if start else 0)

    def holds(self, pointer: str) -> bool:
        """Say whether the document has a value at this pointer."""
        return not pointer.strip("/") or pointer in self._offsets

    def _position(self, offset: int) -> Position:
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\n", self._text))]

    @cached_property
    def _offsets(self) -> dict[str, int]:
        """Of a key that stands there twice, the last one counts, as for every JSON reader."""
        found: dict[str, int] = {}
        open_: list[tuple[str, int | None]] = []  # the containers around: pointer, and the index of a list
        place = ""
        awaits_key = False
        for match in _TOKEN.finditer(self._text):
            word = match[1]
            if word in "{[":
                found[place] = match.start(1)
                open_.append((place, None if word == "{" else 0))
                awaits_key = word == "{"
                place = f"{place}/0"
            elif word in "}]":
                del open_[-1:]
                awaits_key = False
            elif word == ",":
                place, awaits_key = _next_place(open_)
            elif word != ":":
                if awaits_key and word[0] == '"':
                    place = f"{open_[-1][0]}/{_escaped(word)}"
                    awaits_key = False
                else:
                    found[place] = match.start(1)
        return found


def _next_place(open_: list[tuple[str, int | None]]) -> tuple[str, bool]:
    """Step to the next item of the innermost container; in an object its key comes first."""
    if not open_:
        return "", False
    place, index = open_[-1]
    if index is None:
        return place, True
    open_[-1] = (place, index + 1)
    return f"{place}/{index + 1}", False


def _escaped(quoted: str) -> str:
    try:
        key = str(json.loads(quoted, strict=False))
    except ValueError:
        key = quoted[1:-1]
    return key.replace("~", "~0").replace("/", "~1")
