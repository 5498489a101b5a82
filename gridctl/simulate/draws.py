"""Randomness and curves in integers: one seed gives the same numbers on every machine.

Draws are counter based (a hash of what is being drawn), so a device's values depend neither on the size of the
fleet nor on the order in which devices are visited. There is no floating point here: the last digit of `sin` and
`exp` differs between C libraries, that of an integer division does not.
"""

from hashlib import blake2b, shake_128

TURN = 1_000_000
UNIT = 1_000


def number(bound: int, *key: object) -> int:
    """Return a number in [0, bound) that depends on the key alone (BLAKE2b, RFC 7693)."""
    text = "\0".join(map(str, key)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") % bound


def octets(size: int, *key: object) -> bytes:
    """Return `size` random bytes that depend on the key alone (SHAKE128, FIPS 202)."""
    return shake_128("\0".join(map(str, key)).encode()).digest(size)


def sine(angle: int) -> int:
    """Return the sine of `angle` / TURN turns, in thousandths; Bhaskara's rational form, off by at most 2.

    The form is 16 x (h - x) / (5 h^2 - 4 x (h - x)) on the half turn 0 <= x <= h.
    """
    half = TURN // 2
    angle %= TURN
    x = angle % half
    product = x * (half - x)
    height = 16 * UNIT * product // (5 * half * half - 4 * product)
    return height if angle < half else -height


def between(nodes: list[int], position: int, width: int) -> int:
    """Return the value at `position` on the closed curve through `nodes`, which are `width` apart."""
    index, rest = divmod(position, width)
    here, there = nodes[index % len(nodes)], nodes[(index + 1) % len(nodes)]
    return here + (there - here) * rest // width
