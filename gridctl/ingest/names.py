"""Whose record it is that was refused, read from bytes that may be anything."""

import re
from typing import Any

import pydantic_core

from gridctl.contracts.kinds import TOPIC_OF_KIND
from gridctl.deadletters.letter import printable
from gridctl.deadletters.refusal import Names

# Where to look for the names of a record that does not parse.
PEEK_BYTES = 16 * 1024
_NAMED = re.compile(rb'"(kind|device_id|firmware)"\s{0,8}:\s{0,8}"([^"\\\x00-\x1f]{1,512})"')


def peek(raw: bytes) -> Names:
    """Read kind, device and firmware of a record as far as they can be read; never fails, bounded in time.

    A record that parses is asked for its own members; of any other the first occurrences near its beginning count.
    """
    found: dict[str, Any] = {}
    try:
        parsed = pydantic_core.from_json(raw)
    except ValueError:
        for name, value in _NAMED.findall(raw[:PEEK_BYTES]):
            found.setdefault(name.decode(), value.decode("utf-8", "replace"))
    else:
        found = parsed if isinstance(parsed, dict) else {}
    kind, device_id, firmware = (found.get(name) for name in Names._fields)
    return Names(
        kind if isinstance(kind, str) and kind in TOPIC_OF_KIND else None,
        printable(device_id, "device_id"),
        printable(firmware, "firmware"),
    )
