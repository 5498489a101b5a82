"""Kinds against topics: each way in which they can fail to match is one sentence."""

from dataclasses import replace
from typing import Any

import pytest

from gridctl.adapters.schema_files import read_tree
from gridctl.contracts.events import Kind
from gridctl.contracts.kinds import KINDS
from gridctl.contracts.topics import TopicCatalogue, parse_catalogue
from gridctl.governance.drift import drift
from gridctl.governance.kinds import kind_findings
from tests.support.paths import SCHEMAS

TOPICS = (SCHEMAS / "topics.toml").read_text(encoding="utf-8")
CATALOGUE = parse_catalogue(TOPICS)


def said(kinds: dict[str, Kind], catalogue: TopicCatalogue = CATALOGUE) -> list[tuple[str, str]]:
    return [(finding.rule, finding.message) for finding in kind_findings(kinds, catalogue, "topics.toml")]


def changed(name: str, **fields: Any) -> dict[str, Kind]:
    return {**KINDS, name: replace(KINDS[name], **fields)}


def test_ours_match() -> None:
    assert said(dict(KINDS)) == []


@pytest.mark.parametrize("code", [-1, 128, 300])
def test_a_code_that_fits_no_record_is_found(code: int) -> None:
    assert said(changed("charger", code=code)) == [("kind", f"kind charger has code {code}")]


def test_a_code_that_two_kinds_share_is_found() -> None:
    assert said(changed("charger", code=1)) == [("kind", "kinds thermostat and charger share code 1")]


def test_a_folder_that_is_called_otherwise_than_its_kind_is_found() -> None:
    kinds = {**KINDS, "heatpump": replace(KINDS["charger"], code=3)}
    assert said(kinds) == [
        ("kind", "folder heatpump holds kind charger"),
        ("kind", "kinds charger and heatpump share topic ev.session"),
    ]


def test_a_topic_of_events_without_a_kind_is_found() -> None:
    kinds = {name: kind for name, kind in KINDS.items() if name != "charger"}
    [(rule, message)] = said(kinds)
    assert rule == "topic-kind"
    assert message.startswith("topic ev.session is for the events of devices")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('name = "ev.session"', 'name = "ev.other"', "declares no topic ev.session, and kind charger needs it"),
        ('dlq = "ev.session.dlq"\n', "", "topic ev.session has no dlq, and kind charger needs one"),
        (
            'dlq = "ev.session.dlq"\nrequires_priority = true',
            'dlq = "ev.session.dlq"',
            "topic ev.session holds events of kind charger without priorities",
        ),
        ('subject = "ev.session-value"', 'subject = "ev-value"', "topic ev.session has subject ev-value"),
    ],
)
def test_a_kind_without_a_proper_topic_is_found(before: str, after: str, message: str) -> None:
    assert before in TOPICS
    assert ("kind-topic", message) in said(dict(KINDS), parse_catalogue(TOPICS.replace(before, after)))


def test_drift_says_it() -> None:
    catalogue = parse_catalogue(TOPICS.replace('name = "ev.session"', 'name = "ev.other"'))
    verdict = drift(read_tree(SCHEMAS), catalogue=catalogue)
    assert (verdict.verdict, [finding.rule for finding in verdict.findings]) == ("fail", ["kind-topic", "topic-kind"])
    assert {finding.file for finding in verdict.findings} == {f"{SCHEMAS}/topics.toml"}
    assert verdict.checked["topics_toml"] == "applied"
