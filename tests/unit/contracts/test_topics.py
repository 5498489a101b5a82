"""What the catalogue itself says of its topics."""

from gridctl.contracts.topics import TopicCatalogue, TopicSpec, parse_catalogue
from tests.support.paths import SCHEMAS


def spec(name: str, dlq: str | None = None) -> TopicSpec:
    return TopicSpec(
        name=name, description="", owner="@a/b", partitions=1, key="k", retention_ms=1, subject=f"{name}-value", dlq=dlq
    )


def test_a_topic_of_dead_letters_is_one_that_another_names_whatever_its_own_name() -> None:
    topics = [spec("unrouted.dlq"), spec("a.b", dlq="a.refused"), spec("a.refused"), spec("nobody.dlq")]
    assert TopicCatalogue(topic=topics).dead_letter_topics == ["unrouted.dlq", "a.refused"]
    ours = parse_catalogue((SCHEMAS / "topics.toml").read_text())
    assert ours.dead_letter_topics == [topic.name for topic in ours.topic if topic.subject == "grid.dead-letter-value"]
