"""The family of a firmware version."""

import pytest

from gridctl.contracts.ids import firmware_family


@pytest.mark.parametrize(
    ("version", "family"),
    [
        *[("2.4.1", "2.4"), ("3.0.0-rc1", "3.0"), ("v2.4", "v2.4"), ("acme-7.12+b3", "acme-7.12"), ("2026", "2026")],
        *[("r7", "r7"), ("nightly", "nightly"), ("", "")],
    ],
)
def test_a_family_ends_with_the_second_number(version: str, family: str) -> None:
    assert firmware_family(version) == family
