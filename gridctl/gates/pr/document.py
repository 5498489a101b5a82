"""The body as Markdown sees it: its sections, and the lines of them that a reader of the page sees.

A heading counts only at the top level (not in a quotation, list, code block or comment). Comments, code blocks, raw
HTML, quotations and struck-out words are no text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_PLAIN = re.compile(r"[\t\x20-\x7e]*")


@dataclass(frozen=True)
class Line:
    """A visible line of text; `number` counts from 1 in the body."""

    text: str
    number: int


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
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    tokens = _parser().parse(text)
    source = text.split("\n")
    heads = [index for index, token in enumerate(tokens) if token.type == "heading_open" and token.level == 0]
    return tuple(_section(tokens, source, head, heads[place + 1 :]) for place, head in enumerate(heads))


def _section(tokens: Sequence["Token"], source: Sequence[str], head: int, later: Sequence[int]) -> Section:
    opening = tokens[head]
    depth = int(opening.tag[1:])
    first, last = opening.map or (0, 0)
    # A lower heading inside the section is part of it; its own words are no justification.
    end = next((other for other in later if int(tokens[other].tag[1:]) <= depth), len(tokens))
    return Section(
        title=tokens[head + 1].content,
        depth=depth,
        number=first + 1,
        plain=all(_PLAIN.fullmatch(line) for line in source[first:last]),
        lines=tuple(_visible(tokens[head + 3 : end])),
    )


def _visible(tokens: Sequence["Token"]) -> Iterator[Line]:
    quoted = 0
    for index, token in enumerate(tokens):
        if token.type in {"blockquote_open", "blockquote_close"}:
            quoted += token.nesting
        elif token.type == "inline" and not quoted and tokens[index - 1].type != "heading_open":
            start = token.map[0] + 1 if token.map else 1
            for offset, text in enumerate(_inline_lines(token.children or [])):
                if text.strip():
                    yield Line(text.strip(), start + offset)


def _inline_lines(children: Sequence["Token"]) -> list[str]:
    lines, struck = [""], 0
    for child in children:
        if child.type in {"s_open", "s_close"}:
            struck += child.nesting
        elif child.type in {"softbreak", "hardbreak"}:
            lines.append("")
        elif child.type == "code_inline" and not struck:
            # Marked, so that a level in code is not taken for the declaration.
            lines[-1] += f"`{child.content}`"
        elif child.type == "text" and not struck:
            lines[-1] += child.content
    return lines
