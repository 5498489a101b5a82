"""Firmware families: bounded, and fair to those that come often."""

import random

from gridctl.runtime.telemetry.families import LABELS_PER_KIND, OFTEN, Families


def test_a_family_has_a_label_once_it_has_come_often() -> None:
    families = Families()
    labels = [families.label("thermostat", f"2.5.{patch}") for patch in range(OFTEN + 2)]
    assert labels == ["thermostat other"] * (OFTEN - 1) + ["thermostat 2.5"] * 3


def test_what_is_not_known_is_said() -> None:
    families = Families()
    assert families.label(None, "2.5.1") == "unknown"
    assert families.label("scada", None) == "scada unknown"
    assert families.label("charger", "DROP TABLE") == "charger unknown"


def test_a_flood_of_invented_versions_takes_no_label_from_a_real_one() -> None:
    families, chance = Families(), random.Random(7)
    seen = set()
    for number in range(200_000):
        invented = f"{chance.randrange(10_000)}.{chance.randrange(10_000)}"
        seen.add(families.label("thermostat", invented))
        if number % 40 == 0:
            seen.add(families.label("thermostat", "2.5.1"))
    assert seen == {"thermostat other", "thermostat 2.5"}


def test_labels_are_bounded_by_kind() -> None:
    families = Families()
    for minor in range(500):
        for _ in range(OFTEN * 2):
            families.label("thermostat", f"3.{minor}")
    labels = {families.label("thermostat", f"3.{minor}") for minor in range(500)}
    assert labels == {f"thermostat 3.{minor}" for minor in range(LABELS_PER_KIND)} | {"thermostat other"}
    assert [families.label("charger", "1.8.0") for _ in range(OFTEN)][-1] == "charger 1.8"
