"""Which parts of the platform answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gridctl.cli.config import Settings
from gridctl.cli.top.model import Ask, Block, Panel


@contextmanager
def _connect(settings: Settings) -> Iterator[Ask]:
    from gridctl.cli.wiring.local import configured_parts, part_question
    from gridctl.local.doctor import examine

    def ask() -> Mapping[str, Any]:
        checks = examine(part_question(part.name, settings) for part in configured_parts(settings))
        return {"parts": [{"name": each.name, "up": not each.problem, "problem": each.problem} for each in checks]}

    yield ask


def _block(data: Mapping[str, Any], _now_ms: int) -> Block:
    words = [f"{part['name']} {'up' if part['up'] else 'DOWN'}" for part in data["parts"]]
    down = [(part["name"], part["problem"]) for part in data["parts"] if not part["up"]]
    return Block(", ".join(words), ("down", "problem"), down)


HEALTH = Panel("health", "PARTS", _connect, _block, rows=2)
