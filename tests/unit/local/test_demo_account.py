import pytest

from gridctl.local.demo.account import Account


def account(**changed: int) -> Account:
    numbers = {"applied": 100, "stale": 2, "duplicates": 3, **changed}
    return Account(
        sent={"thermostat": 90, "charger": 10, "scada": 8},
        unanswered=4,
        in_kafka={"iot.thermostat": 88},
        dead_letters={"iot.thermostat.dlq": 5, "unrouted.dlq": 2},
        **numbers,
    )


def test_a_full_account_balances() -> None:
    full = account()
    assert full.produced == 112
    assert full.dead_lettered == 7
    assert full.lost == 0
    assert full.balanced
    assert full.sentence().endswith("lost = 0")


@pytest.mark.parametrize(("changed", "lost"), [({"applied": 99}, 1), ({"duplicates": 0}, 3), ({"stale": 4}, -2)])
def test_one_reading_too_few_or_too_many_does_not_balance(changed: dict[str, int], lost: int) -> None:
    off = account(**changed)
    assert off.lost == lost
    assert not off.balanced
