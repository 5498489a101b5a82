"""The examinations of `gridctl doctor`: each one asks one thing and says what to do when the answer is bad."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from gridctl.cli.config import ENDPOINT_OF_PART, Settings
from gridctl.cli.wiring.base import catalogue_of, registry_of
from gridctl.cli.wiring.stack import probe_configured, problem_of, topic_admin
from gridctl.contracts.addresses import without_password
from gridctl.errors import Unavailable


@dataclass(frozen=True)
class Check:
    """One examination; no problem is an empty one."""

    name: str
    address: str
    problem: str = ""
    next_step: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the check as stable JSON."""
        return {**asdict(self), "ok": not self.problem}


def examine(settings: Settings) -> list[Check]:
    """Run every examination, all at once; a part without an address is a failure too."""
    tasks: list[tuple[str, str, Callable[[Settings], None]]] = [
        *((name, endpoint, partial(probe_configured, name)) for name, endpoint in ENDPOINT_OF_PART.items()),
        ("topics", "bootstrap", _topics),
        ("schemas", "registry", _schemas),
    ]

    def outcome(task: tuple[str, str, Callable[[Settings], None]]) -> Check:
        name, endpoint, examination = task
        address = settings.address(endpoint) or ""
        return Check(name, without_password(address), *problem_of(address, partial(examination, settings)))

    with ThreadPoolExecutor() as pool:
        return list(pool.map(outcome, tasks))


def _topics(settings: Settings) -> None:
    from gridctl.governance.topics import drift, plan

    catalogue = catalogue_of(settings)
    changes = plan(catalogue, topic_admin(settings).topics())
    names = dict.fromkeys(change.topic for change in drift(catalogue, changes))
    if names:
        raise Unavailable(f"not as declared: {', '.join(names)}", next_step="run `gridctl topics plan`, then `apply`")


def _schemas(settings: Settings) -> None:
    from gridctl.adapters.schema_files import read_tree

    with registry_of(settings) as registry:
        absent = [
            f"{subject} v{files[-1].version}"
            for subject, files in read_tree(settings.schemas_dir).subjects.items()
            if registry.find(subject, files[-1].text) is None
        ]
    if absent:
        raise Unavailable(f"not registered: {', '.join(absent)}", next_step="run `gridctl schema register`")
