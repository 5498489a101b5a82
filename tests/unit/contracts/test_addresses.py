"""What of an address may be shown."""

import pytest

from gridctl.contracts.addresses import without_password


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("rediss://u:p%40ss@host:1", "rediss://***@host:1"),
        ("redis://:p@ss@host:1", "redis://***@host:1"),
        ("redis://host:1/0?password=p@ss&db=1", "redis://host:1/0?password=***&db=1"),
        ("redis://host:1/0?db=1&password=pw", "redis://host:1/0?db=1&password=***"),
        ("u:pw@host:1", "host:1"),
        ("", ""),
        ("127.0.0.1:1,127.0.0.1:2", "127.0.0.1:1,127.0.0.1:2"),
        ("redis://:a@b@h:1?db=1&password=c&x=1", "redis://***@h:1?db=1&password=***&x=1"),
    ],
)
def test_no_password_is_shown(address: str, shown: str) -> None:
    assert without_password(address) == shown
