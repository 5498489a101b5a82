"""How deep JSON nests, judged on raw bytes before anything parses them."""

import re

_NOT_A_BRACKET = bytes(byte for byte in range(256) if byte not in b"{}[]")
# A string, also one that does not end; the possessive parts keep the scan linear on hostile input.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


def nests_deeper(raw: bytes, depth: int) -> bool:
    """Say whether objects and arrays nest deeper than `depth` anywhere in the bytes, broken JSON included."""
    # Without a backslash every second part between quotation marks is a string.
    outside = _STRING.sub(b"", raw) if b"\\" in raw else b"".join(raw.split(b'"')[::2])
    brackets = outside.translate(None, _NOT_A_BRACKET)
    for _ in range(depth):  # each round takes the innermost level away
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not brackets:
            return False
    level = deepest = 0
    for byte in outside.translate(None, _NOT_A_BRACKET):
        level += 1 if byte in b"{[" else -1
        deepest = max(deepest, level)
    return deepest > depth
