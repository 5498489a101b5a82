"""Addresses of servers as they may be shown."""

import re

_PASSWORD_OF_QUERY = re.compile(r"([?&]\w*password=)[^&]*", re.IGNORECASE)


def without_password(address: str) -> str:
    """Return an address as it may be shown, whether its password stands before the host or in the query."""
    head, at, tail = _PASSWORD_OF_QUERY.sub(r"\1***", address).rpartition("@")
    scheme, separator, _ = head.partition("://")
    return f"{scheme}://***@{tail}" if at and separator else tail
