"""Identifiers: their bounds, and the message id that makes an event recognisable on every machine."""

import re
from hashlib import blake2b
from typing import Annotated

from pydantic import StringConstraints

ID_MAX_LENGTH = 128
# Letters, digits and the punctuation that field ids use; no control character, space or look-alike fits.
ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:/@+\-]*$"

Identifier = Annotated[str, StringConstraints(min_length=1, max_length=ID_MAX_LENGTH, pattern=ID_PATTERN)]
FirmwareVersion = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=ID_PATTERN)]
_MAJOR_MINOR = re.compile(r"v?([0-9]{1,4})\.([0-9]{1,4})(?![0-9])", re.IGNORECASE)

MSG_ID_BYTES = 16
_EMPTY = blake2b(digest_size=MSG_ID_BYTES)  # copying it costs less than setting one up


def firmware_family(firmware: str | None) -> str | None:
    """Return a firmware's major and minor number, as `2.5`; None where the text does not begin with both."""
    found = _MAJOR_MINOR.match(firmware or "")
    return None if found is None else f"{int(found[1])}.{int(found[2])}"


def msg_id(device_id: str, event_time_ms: int) -> str:
    """Return the 128-bit message id of the one event a device has at a time, as 32 hex digits.

    BLAKE2b (RFC 7693) with a 16-byte digest over `device_id`, a NUL (which no id contains) and the decimal
    milliseconds; the same on every machine and in every language.
    """
    hashed = _EMPTY.copy()
    hashed.update(f"{device_id}\0{event_time_ms}".encode())
    return hashed.hexdigest()
