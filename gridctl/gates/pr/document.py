"""The body as Markdown sees it: its sections, and the lines of them that a reader of the page sees.

A heading counts only at the top level (not in a quotation, list, code block or comment, and not in the raw HTML of
one). Comments, code blocks, raw HTML, quotations and struck-out words are not text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


# `details` is missing on purpose: a reader opens it and sees plain text.
_HIDING = frozenset({*("blockquote", "pre", "code", "del", "s", "strike", "ul", "ol", "li", "table", "template")})
_START = re.compile(r"<(?:!--|[a-zA-Z/!?])")
_EMPTY_COMMENT = re.compile(r"<!---?>")
_COMMENT_END = re.compile(r"--!?>")
# One tag as CommonMark has it; `<!...>` and `<?...>` end at the first `>`, as a browser reads them. The possessive
# quantifiers keep the search linear.
_BLANK = r"[ \t\n\f\r]"
_VALUE = r"""(?:[^"'=<>`\x00-\x20]++|'[^']*'|"[^"]*")"""
_ATTRIBUTE = rf"{_BLANK}++[a-z_:][a-z0-9_:.-]*+(?:{_BLANK}*+={_BLANK}*+{_VALUE})?+"
_TAG = re.compile(
    rf"<(?:[!?][^>]*+>|(?P<closing>/?)(?P<name>[a-z][a-z0-9-]*+)(?:{_ATTRIBUTE})*+{_BLANK}*+/?>)",
    re.ASCII | re.IGNORECASE,
)


class Markup:
    """Reads the raw HTML of a body piece by piece, in order."""

    def __init__(self) -> None:
        self._open: dict[str, int] = {}
        self._comment = False
        self._broken = False

    @property
    def hides(self) -> bool:
        """Whether something is open that keeps what follows from being the author's own plain text."""
        return self._broken or self._comment or bool(self._open)

    def read(self, html: str) -> None:
        """Take in one piece of raw HTML."""
        at = 0
        while not self._broken:
            if self._comment:
                end = _COMMENT_END.search(html, at)
                if end is None:
                    return
                self._comment, at = False, end.end()
            start = _START.search(html, at)
            if start is None:
                return
            at = self._taken(html, start)

    def _taken(self, html: str, start: re.Match[str]) -> int:
        """Take in what begins here, and return where it ends."""
        if start[0] == "<!--":
            empty = _EMPTY_COMMENT.match(html, start.start())
            self._comment = empty is None
            return empty.end() if empty else start.end()
        tag = _TAG.match(html, start.start())
        if tag is None:
            # An open quotation mark, for example, hides an unknown part of what follows.
            self._broken = True
            return len(html)
        if tag["name"]:
            self._note(tag["name"].lower(), closing=bool(tag["closing"]))
        return tag.end()

    def _note(self, name: str, *, closing: bool) -> None:
        if name not in _HIDING:
            return
        depth = self._open.pop(name, 0) + (-1 if closing else 1)
        if depth > 0:
            self._open[name] = depth
        # `</li>` may be left out, so the end of the last list is the end of its items.
        if closing and name in {"ul", "ol"} and not {"ul", "ol"} & self._open.keys():
            self._open.pop("li", None)


_PLAIN = re.compile(r"[\t\x20-\x7e]*")


@dataclass(frozen=True)
class Line:
    """A visible line of text; `number` counts from 1 in the body. Lines of one paragraph have the same `block`."""

    text: str
    number: int
    block: int


@dataclass(frozen=True)
class Section:
    """A heading and the visible lines below it, up to the next heading of its own or a higher level.

    `plain` is False where the heading's source holds anything but printable ASCII: such a heading looks like the
    required one and is not.
    """

    title: str
    depth: int
    number: int
    plain: bool
    lines: tuple[Line, ...]


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def sections_of(body: str) -> tuple[Section, ...]:
    """Return the sections in order. Total: any text has an answer."""
    # A file may begin with a byte order mark, a body from the code host may not: both get the same verdict.
    text = body.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    tokens = _parser().parse(text)
    source = text.split("\n")
    heads, shown = _read(tokens)
    return tuple(_section(tokens, source, shown, heads, place) for place in range(len(heads)))


def paragraphs(lines: Iterable[Line]) -> Iterator[str]:
    """Return the text of each paragraph, its lines as they are in the source."""
    for _, block in groupby(lines, key=lambda line: line.block):
        yield "\n".join(line.text for line in block)


def _section(
    tokens: Sequence["Token"],
    source: Sequence[str],
    shown: Sequence[Sequence[Line]],
    heads: Sequence[int],
    place: int,
) -> Section:
    head = heads[place]
    opening = tokens[head]
    depth = int(opening.tag[1:])
    first, last = opening.map or (0, 0)
    # A lower heading inside the section is part of it; its own words are not a justification.
    later = (heads[index] for index in range(place + 1, len(heads)))
    end = next((other for other in later if int(tokens[other].tag[1:]) <= depth), len(tokens))
    return Section(
        title=tokens[head + 1].content,
        depth=depth,
        number=first + 1,
        plain=all(_PLAIN.fullmatch(line) for line in source[first:last]),
        lines=tuple(chain.from_iterable(shown[head + 3 : end])),
    )


def _read(tokens: Sequence["Token"]) -> tuple[list[int], list[list[Line]]]:
    """Return where the headings that count stand, and the visible lines of each token."""
    heads: list[int] = []
    shown: list[list[Line]] = []
    markup, quoted = Markup(), 0
    for index, token in enumerate(tokens):
        lines: list[Line] = []
        if token.type in {"blockquote_open", "blockquote_close"}:
            quoted += token.nesting
        elif token.type == "heading_open" and token.level == 0 and not markup.hides:
            heads.append(index)
        elif token.type == "html_block":
            markup.read(token.content)
        elif token.type == "inline":
            start = token.map[0] + 1 if token.map else 1
            texts = _inline_lines(token.children or [], markup)
            if not quoted and tokens[index - 1].type != "heading_open":
                lines = [Line(text.strip(), start + row, index) for row, text in enumerate(texts) if text.strip()]
        shown.append(lines)
    return heads, shown


def _inline_lines(children: Sequence["Token"], markup: Markup) -> list[str]:
    lines, struck = [""], 0
    for child in children:
        if child.type in {"s_open", "s_close"}:
            struck += child.nesting
        elif child.type in {"softbreak", "hardbreak"}:
            lines.append("")
        elif child.type == "html_inline":
            markup.read(child.content)
        elif struck or markup.hides:
            continue
        elif child.type == "code_inline":
            # Marked, so that a level in code is not taken for the declaration, nor code for words.
            lines[-1] += f"`{child.content.replace('`', ' ')}`"
        elif child.type == "text":
            lines[-1] += child.content.replace("`", "'")
    return lines
