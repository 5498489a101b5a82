"""`gridctl schema new`: the files of a kind of device as they begin, ready for every gate."""

import json
import re
from collections.abc import Mapping
from keyword import iskeyword
from pathlib import Path

from gridctl.contracts.events import Kind, Reading, Stamps
from gridctl.contracts.kinds import KINDS
from gridctl.contracts.topics import TopicCatalogue, parse_catalogue
from gridctl.errors import UsageProblem
from gridctl.governance.kinds import KINDS_DIR

TOPICS_FILE = "schemas/topics.toml"
# What a load says beside its kind, its id and its time.
FIRST_FIELDS = ("firmware", "power_w")

_MODEL = '''\
"""What a {kind} says."""

from typing import Literal

from gridctl.contracts.events import Power, Reading, Stamps
from gridctl.contracts.ids import FirmwareVersion


class {prefix}Reading(Reading):
    """A {kind}'s report."""

    kind: Literal["{kind}"]
    firmware: FirmwareVersion
    power_w: Power


class {prefix}Event({prefix}Reading, Stamps):
    """The value of topic `{topic}`."""
'''
_KIND = '''\
"""The kind `{kind}`."""

from gridctl.contracts.events import Kind
from gridctl.contracts.kinds.{kind}.model import {prefix}Event, {prefix}Reading

KIND = Kind(
    code={code},
    topic="{topic}",
    reading={prefix}Reading,
    event={prefix}Event,
    shown=("power_w",),
)
'''
_TOPICS = """
[[topic]]
name = "{topic}"
description = "Reports of kind {kind}"
owner = "{owner}"
partitions = 4
key = "device_id"
retention_ms = 604800000
subject = "{topic}-value"
dlq = "{topic}.dlq"
requires_priority = true

[[topic]]
name = "{topic}.dlq"
description = "Dead letters of {topic}"
owner = "{owner}"
partitions = 1
key = "device_id"
retention_ms = 7776000000
max_message_bytes = 2097152
subject = "grid.dead-letter-value"
"""


def write_kind(root: Path, kind: str, topic: str, owner: str) -> list[str]:
    """Write the files of a new kind into the clone at `root`; return their paths in it.

    Raise UsageProblem as `new_kind` does, where `root` is not a clone, and where a file is there already.
    """
    if not (root / TOPICS_FILE).is_file():
        raise UsageProblem(
            f"this gridctl is installed in {root}, and a new kind is written into a clone of the project",
            next_step="call the clone's own: make setup && .venv/bin/gridctl schema new KIND",
        )
    pattern = _text(root / "schemas" / KINDS["thermostat"].subject / "v1.avsc")
    topics = _text(root / TOPICS_FILE)
    files = new_kind(kind, topic, owner, kinds=KINDS, topics=topics, pattern=pattern)
    for path in files:
        if path != TOPICS_FILE and (root / path).exists():
            raise UsageProblem(f"{root / path}: is there already", next_step="take it away, or choose another name")
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return list(files)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{path}: cannot be read: {error}", next_step="bring it back: git checkout FILE") from error


def new_kind(
    kind: str, topic: str, owner: str, *, kinds: Mapping[str, Kind], topics: str, pattern: str
) -> dict[str, str]:
    """Return the new kind's files by their paths in a clone, topics.toml with its new end among them.

    `topics` is the text of topics.toml, `pattern` a schema of a load, whose fields that all loads have are taken. Raise
    UsageProblem for a name that cannot be one, and for a kind or a topic that is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*", kind) or iskeyword(kind):
        raise UsageProblem(f"{kind}: not a name of a kind", next_step="use lower-case letters and digits: heatpump")
    _refuse_present(kind, topic, kinds, parse_catalogue(topics, TOPICS_FILE))
    values = {"kind": kind, "prefix": kind.capitalize(), "topic": topic, "owner": owner}
    code = max((known.code for known in kinds.values()), default=-1) + 1
    extended = topics.rstrip("\n") + "\n" + _TOPICS.format(**values)
    parse_catalogue(extended, TOPICS_FILE)
    return {
        f"schemas/{topic}-value/v1.avsc": _schema(pattern, kind),
        f"{KINDS_DIR}/{kind}/model.py": _MODEL.format(**values),
        f"{KINDS_DIR}/{kind}/__init__.py": _KIND.format(**values, code=code),
        TOPICS_FILE: extended,
    }


def _refuse_present(kind: str, topic: str, kinds: Mapping[str, Kind], catalogue: TopicCatalogue) -> None:
    if kind in kinds:
        raise UsageProblem(f"kind {kind} is there already: {KINDS_DIR}/{kind}", next_step="change it there")
    for name in (topic, f"{topic}.dlq"):
        if name in catalogue.by_name:
            raise UsageProblem(f"{TOPICS_FILE} declares topic {name} already", next_step="name another one: --topic")


def _schema(pattern: str, kind: str) -> str:
    document = json.loads(pattern)
    wanted = {*Reading.model_fields, *FIRST_FIELDS, *Stamps.model_fields}
    document["name"] = f"{kind.capitalize()}Event"
    document["doc"] = f"A {kind}'s report."
    document["fields"] = [field for field in document["fields"] if field["name"] in wanted]
    return json.dumps(document, indent=2) + "\n"
