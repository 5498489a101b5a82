"""How deep JSON nests, judged on raw bytes before anything parses them."""

import re

_NOT_A_BRACKET = bytes(byte for byte in range(256) if byte not in b"{}[]")
_OF_ONE_KIND = bytes.maketrans(b"{}", b"[]")
# A string, also one that does not end; the possessive parts keep the scan linear on hostile input.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


def nests_deeper(raw: bytes, depth: int) -> bool:
    """Say whether objects and arrays nest deeper than `depth` anywhere in the bytes, broken JSON included."""
    if raw.count(b"{") + raw.count(b"[") <= depth:
        return False
    # Without a backslash every second part between quotation marks is a string.
    outside = _STRING.sub(b"", raw) if b"\\" in raw else b"".join(raw.split(b'"')[::2])
    brackets = outside.translate(_OF_ONE_KIND, _NOT_A_BRACKET)
    rest = brackets
    for _ in range(depth):  # each round takes the innermost level away
        rest = rest.replace(b"[]", b"")
        if not rest:
            return False
    level = deepest = 0
    for byte in brackets:
        level += 1 if byte == ord("[") else -1
        deepest = max(deepest, level)
    return deepest > depth
