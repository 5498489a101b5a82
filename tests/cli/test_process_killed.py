"""A processor that is killed, alone and in a group: the state is that of an undisturbed run."""

import json
import signal
import subprocess
import time
from contextlib import closing

import pytest
import redis

from gridctl.adapters.redis_state import RedisState
from tests.running_stack import RunningStack
from tests.support.wait import wait_until

pytestmark = [pytest.mark.stack, pytest.mark.embedded, pytest.mark.slow]

DEVICES, TICKS = 1000, 6
EVENTS = DEVICES * TICKS


@pytest.fixture(scope="module")
def undisturbed(platform: RunningStack) -> str:
    """The state that an undisturbed run makes of the stack's events."""
    for kind in ("thermostats", "chargers"):
        fleet = ("simulate", kind, "--devices", DEVICES // 2, "--ticks", TICKS, "--seed", 7, "--to", "-")
        platform.run("ingest", "jsonl", "-", stdin=platform.run(*fleet).stdout)
    done = json.loads(platform.run("process", "--group", "t.undisturbed", "--until-idle", "-o", "json").stdout)
    assert done["consumed"] == EVENTS
    return state(platform)


@pytest.fixture
def empty(platform: RunningStack, undisturbed: str) -> RunningStack:
    """The same events, and a grid state without any."""
    with closing(redis.Redis.from_url(platform.redis)) as client:
        client.flushall()
    return platform


def state(platform: RunningStack) -> str:
    return platform.run("state", "show", "-o", "json").stdout


def effects(platform: RunningStack) -> int:
    with closing(RedisState(platform.redis)) as counted:
        return sum(counted.effects().values())


def start(platform: RunningStack, group: str, *more: object, batch: int = 10) -> subprocess.Popen[bytes]:
    quick = ["-X", "kafka.session.timeout.ms=6000"]
    limits = ["--until-idle", "--batch", batch]
    return platform.start(*quick, "process", "--group", group, *limits, *more, "-o", "json")


def kill_in_the_middle(platform: RunningStack, victim: subprocess.Popen[bytes]) -> None:
    def has_begun() -> bool:
        assert victim.poll() is None, victim.communicate(timeout=20)
        return effects(platform) >= EVENTS // 20

    wait_until(has_begun, 40, pause_s=0.005)
    victim.send_signal(signal.SIGKILL)
    victim.communicate(timeout=20)
    assert effects(platform) < EVENTS, "it was killed when nothing was left to do: make its batches smaller"


def test_a_restart_under_its_id_goes_on_where_it_was_killed(empty: RunningStack, undisturbed: str) -> None:
    victim = start(empty, "t.alone", "--instance-id", "one")
    kill_in_the_middle(empty, victim)
    assert state(empty) != undisturbed
    restarted_s = time.monotonic()
    again = start(empty, "t.alone", "--instance-id", "one", batch=1000)
    out, error = again.communicate(timeout=60)
    assert again.returncode == 0, error
    assert state(empty) == undisturbed
    # It went on: most of what was committed is not consumed again, and it waited for no session to end.
    assert 0 < json.loads(out)["consumed"] < EVENTS
    assert time.monotonic() - restarted_s < 60


def test_two_in_a_group_and_one_is_killed(empty: RunningStack, undisturbed: str) -> None:
    victim, other = start(empty, "t.taken"), start(empty, "t.taken")
    kill_in_the_middle(empty, victim)
    _, error = other.communicate(timeout=90)
    assert other.returncode == 0, error
    assert state(empty) == undisturbed


def test_two_that_keep_their_places_and_one_comes_back(empty: RunningStack, undisturbed: str) -> None:
    victim, other = (start(empty, "t.kept", "--instance-id", name) for name in ("one", "two"))
    kill_in_the_middle(empty, victim)
    again = start(empty, "t.kept", "--instance-id", "one")
    for running in (again, other):
        _, error = running.communicate(timeout=90)
        assert running.returncode == 0, error
    assert state(empty) == undisturbed
