"""Whether the kinds of devices and the topics of topics.toml match, and whether each kind has a code of its own."""

from collections.abc import Iterator, Mapping

from gridctl.contracts.events import Kind
from gridctl.contracts.topics import TopicCatalogue, TopicSpec
from gridctl.contracts.verdict import Finding

KINDS_DIR = "gridctl/contracts/kinds"
# The state's records keep the code in the seven upper bits of a byte.
CODE_MAX = 127


def kind_findings(kinds: Mapping[str, Kind], catalogue: TopicCatalogue, where: str) -> tuple[Finding, ...]:
    """Return what does not match; `kinds` are by the names of their folders, `where` is the file of the catalogue."""
    by_topic = {kind.topic: name for name, kind in kinds.items()}
    return (
        *_own_findings(kinds),
        *(finding for name, kind in kinds.items() for finding in _topic_findings(name, kind, catalogue, where)),
        *(_without_kind(topic, where) for topic in catalogue.measurements if topic.name not in by_topic),
    )


def _own_findings(kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    codes: dict[int, str] = {}
    topics: dict[str, str] = {}
    for name, kind in kinds.items():
        said: list[tuple[str, str]] = []
        if kind.name != name:
            said.append((f"folder {name} holds kind {kind.name}", "give the folder the name that readings say"))
        if not 0 <= kind.code <= CODE_MAX:
            said.append((f"kind {name} has code {kind.code}", f"give it a code from 0 to {CODE_MAX}"))
        if (other := codes.setdefault(kind.code, name)) != name:
            said.append((f"kinds {other} and {name} share code {kind.code}", "give the newer one the next free code"))
        if (other := topics.setdefault(kind.topic, name)) != name:
            said.append((f"kinds {other} and {name} share topic {kind.topic}", "give each kind a topic of its own"))
        file = f"{KINDS_DIR}/{name}/__init__.py"
        yield from (
            Finding(rule="kind", message=words, subject=kind.subject, file=file, fix=fix) for words, fix in said
        )


def _topic_findings(name: str, kind: Kind, catalogue: TopicCatalogue, where: str) -> Iterator[Finding]:
    topic = catalogue.by_name.get(kind.topic)
    if topic is None:
        words, fix = f"declares no topic {kind.topic}, and kind {name} needs it", "declare it, with a dlq"
    elif topic.dlq is None:
        words, fix = f"topic {topic.name} has no dlq, and kind {name} needs one", "name its dead letter topic"
    elif not topic.requires_priority:
        words, fix = (
            f"topic {topic.name} holds events of kind {name} without priorities",
            "set requires_priority = true",
        )
    elif topic.subject != kind.subject:
        words, fix = f"topic {topic.name} has subject {topic.subject}", f"make it {kind.subject}, as gridctl writes it"
    else:
        return
    yield Finding(rule="kind-topic", message=words, subject=kind.subject, file=where, fix=fix)


def _without_kind(topic: TopicSpec, where: str) -> Finding:
    return Finding(
        rule="topic-kind",
        message=f"topic {topic.name} is for the events of devices (dlq, requires_priority), but no kind has it",
        subject=topic.subject,
        file=where,
        fix="upgrade gridctl, add the kind (docs/adding-a-kind.md), or take the topic out of topics.toml",
    )
