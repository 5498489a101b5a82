"""Producers and consumers start without the registry once they have had it."""

import json

import pytest

from tests.running_stack import RunningStack

pytestmark = [pytest.mark.stack, pytest.mark.embedded]


def test_ingest_process_and_assets_apply_start_without_the_registry(own_stack: RunningStack) -> None:
    fleet = own_stack.run("simulate", "thermostats", "--devices", 20, "--ticks", 2, "--to", "-").stdout
    assets = own_stack.run("simulate", "assets", "--thermostats", 20, "--to", "-").stdout
    commands = (
        (("assets", "apply", "-"), assets),
        (("ingest", "jsonl", "-"), fleet),
        (("process", "--until-idle"), ""),
    )
    first = [json.loads(own_stack.run(*words, "-o", "json", stdin=stdin).stdout) for words, stdin in commands]
    with own_stack.without("registry"):
        for (words, stdin), before in zip(commands, first, strict=True):
            done = own_stack.run(*words, "-o", "json", stdin=stdin)
            warnings = [line for line in done.stderr.splitlines() if "is used, and verified" in line]
            assert len(warnings) == 1, done.stderr
            assert own_stack.registry in warnings[0]
            again = json.loads(done.stdout)
            assert (again.get("published"), again.get("read")) == (before.get("published"), before.get("read"))
        effects = json.loads(done.stdout)
        assert len(json.loads(own_stack.run("state", "show", "-o", "json").stdout)["devices"]) == 20
    assert effects["dead_lettered"] == 0
    assert (effects["applied"], effects["consumed"]) == (0, len(fleet.splitlines())), effects
