"""Which raw HTML is open at a place of the body: what stands in it is quoted, struck out, code or hidden."""

import re

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
            # An open quotation mark, say, swallows what follows up to nobody knows where.
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
