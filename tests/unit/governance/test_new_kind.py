"""The skeleton of a kind: what may be one, and what is never overwritten. A heavy test shows that it works."""

from pathlib import Path

import pytest

from gridctl.contracts.kinds import KINDS
from gridctl.contracts.topics import parse_catalogue
from gridctl.errors import UsageProblem
from gridctl.governance.new_kind import TOPICS_FILE, new_kind, write_kind
from tests.support.paths import SCHEMAS

TOPICS = (SCHEMAS / "topics.toml").read_text(encoding="utf-8")
PATTERN = (SCHEMAS / "iot.thermostat-value" / "v1.avsc").read_text(encoding="utf-8")


def skeleton(kind: str, topic: str = "iot.heatpump") -> dict[str, str]:
    return new_kind(kind, topic, "@gridstream/iot", kinds=KINDS, topics=TOPICS, pattern=PATTERN)


def test_topics_are_appended_and_what_stood_there_is_kept() -> None:
    text = skeleton("heatpump")["schemas/topics.toml"]
    assert text.startswith(TOPICS)
    added = parse_catalogue(text).topic[len(parse_catalogue(TOPICS).topic) :]
    assert [(topic.name, topic.dlq) for topic in added] == [
        ("iot.heatpump", "iot.heatpump.dlq"),
        ("iot.heatpump.dlq", None),
    ]


def test_the_code_is_the_next_free_one() -> None:
    code = max(kind.code for kind in KINDS.values()) + 1
    assert f"code={code}," in skeleton("heatpump")["gridctl/contracts/kinds/heatpump/__init__.py"]


@pytest.mark.parametrize("name", ["", "Heatpump", "heat-pump", "heat_pump", "7up", "class", "../x", "pömp"])
def test_what_is_not_a_name_is_refused(name: str) -> None:
    with pytest.raises(UsageProblem, match="not a name of a kind"):
        skeleton(name)


@pytest.mark.parametrize("topic", ["heatpump", "iot/heatpump", "iot.Heatpump", 'iot."x'])
def test_what_is_not_a_topic_is_refused(topic: str) -> None:
    with pytest.raises(UsageProblem, match=r"schemas/topics\.toml"):
        skeleton("heatpump", topic)


def test_what_is_there_is_refused() -> None:
    with pytest.raises(UsageProblem, match="kind charger is there already"):
        skeleton("charger")
    with pytest.raises(UsageProblem, match=r"declares topic ev\.session already"):
        skeleton("heatpump", "ev.session")


def test_a_clone_without_its_schemas_is_one_error(tmp_path: Path) -> None:
    (tmp_path / TOPICS_FILE).parent.mkdir()
    (tmp_path / TOPICS_FILE).write_text(TOPICS)
    with pytest.raises(UsageProblem, match=r"v1\.avsc: cannot be read"):
        write_kind(tmp_path, "heatpump", "iot.heatpump", "@gridstream/iot")
