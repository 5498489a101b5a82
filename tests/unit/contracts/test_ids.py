"""The family of a firmware version."""

import pytest

from gridctl.contracts.ids import firmware_family


@pytest.mark.parametrize(
    ("version", "family"),
    [
        *[
            ("2.4.1", "2.4"),
            ("3.0.0-rc1", "3.0"),
            ("v2.4", "2.4"),
            ("V02.4.1", "2.4"),
            ("7.12+b3", "7.12"),
            ("2.05.1", "2.5"),
        ],
        *[
            ("2026", None),
            ("r7", None),
            ("2.x", None),
            ("build-7", None),
            ("12345.1", None),
            ("1.23456", None),
            ("", None),
            (None, None),
        ],
    ],
)
def test_a_family_is_the_major_and_the_minor_number(version: str | None, family: str | None) -> None:
    assert firmware_family(version) == family
