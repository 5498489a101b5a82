"""The demo's share of the wiring: what counts, and what its processes need to find the stack."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from gridctl.cli.config import Settings
from gridctl.cli.config.sources import FILE_NAME
from gridctl.cli.wiring.base import catalogue_of, redis_of
from gridctl.cli.wiring.process import dead_letters_of

if TYPE_CHECKING:
    from gridctl.local.demo.run import Demo, Plan

WORK_DIR = "demo"


@contextmanager
def demo_of(settings: Settings, plan: Plan, group: str) -> Iterator[Demo]:
    """Yield a demo on the stack of the settings; its files are deleted when it ended well, else they stay."""
    from gridctl.adapters.kafka.reader import KafkaReader
    from gridctl.local.demo.meter import Meter
    from gridctl.local.demo.run import Demo

    work_dir = settings.state_dir / WORK_DIR
    shutil.rmtree(work_dir, ignore_errors=True)
    work_dir.mkdir(parents=True)
    (work_dir / FILE_NAME).touch()
    bootstrap, catalogue = settings.endpoint("bootstrap"), catalogue_of(settings)
    with (
        KafkaReader(bootstrap, settings.kafka) as reader,
        closing(redis_of(settings)) as state,
        dead_letters_of(settings) as letters,
        closing(Meter(bootstrap, settings.kafka, reader, catalogue, group, state, letters)) as meter,
        Demo(plan, meter, work_dir, _environment(settings)) as demo,
    ):
        yield demo
    shutil.rmtree(work_dir)


def _environment(settings: Settings) -> dict[str, str]:
    """Return what makes a `gridctl` process in the work directory use this stack, and no login that is for another.

    Its own gridctl.toml is empty, and the user's one is not found.
    """
    others = {name: value for name, value in os.environ.items() if not name.startswith("GRIDCTL_")}
    directories = {"GRIDCTL_STATE_DIR": str(settings.state_dir), "GRIDCTL_SCHEMAS": str(settings.schemas_dir)}
    return {**others, **directories, "XDG_CONFIG_HOME": str(settings.state_dir / WORK_DIR)}
