"""Zigzag variable-length integers, as Avro writes int, long, lengths, counts and indexes.

Writing goes by tables of 14 bits: a loop over single bytes costs several times as much in Python.
"""

from functools import cache
from typing import NamedTuple

INT_MIN, INT_MAX = -(2**31), 2**31 - 1
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1
LONG_MAX_BYTES = 10
GROUP = 14
GROUP_MASK = (1 << GROUP) - 1
# What one table look-up covers: two bytes, so values from -8192 to 8191 and lengths below 8192.
SMALL_LIMIT = 1 << (GROUP - 1)


class Tables(NamedTuple):
    """`last[n]`: n as the end of a number; `more[n]`: n as 14 bits with more to follow; `small[v]`: v in zigzag.

    `small` is indexed by the value itself: a negative index counts from the end, where the negatives stand.
    `lengths` is its half from 0 on: an IndexError tells a length that it does not hold.
    """

    last: list[bytes]
    more: list[bytes]
    small: list[bytes]
    lengths: list[bytes]


@cache
def tables() -> Tables:
    """Return the tables; built when first asked for, in some milliseconds, and kept (about 2 MB)."""
    numbers = range(1 << GROUP)
    last = [bytes((n,)) if n < 128 else bytes((n & 127 | 128, n >> 7)) for n in numbers]  # noqa: PLR2004 - 7 bits
    more = [bytes((n & 127 | 128, n >> 7 | 128)) for n in numbers]
    lengths = last[0::2]
    return Tables(last, more, lengths + last[:0:-2], lengths)


def encode_long(value: int) -> bytes:
    """Return the zigzag varint of a value within 64 bits, which the caller has checked."""
    last, more, _, _ = tables()
    rest = (value << 1) ^ (value >> 63)
    out = b""
    while rest > GROUP_MASK:
        out += more[rest & GROUP_MASK]
        rest >>= GROUP
    return out + last[rest]


def decode_long(body: bytes, at: int) -> tuple[int, int]:
    """Return the value of the zigzag varint at a place, and the place after it.

    IndexError where the bytes end first, OverflowError where it is longer than 64 bits.
    """
    byte = body[at]
    at += 1
    number = byte & 127
    shift = 7
    while byte > 127:  # noqa: PLR2004 - the continuation bit
        byte = body[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if shift >= 7 * LONG_MAX_BYTES and byte > 1:
            raise OverflowError("a varint of more than 64 bits")
    return (number >> 1) ^ -(number & 1), at
