"""CODEOWNERS: the last line that matches a path names its owners; for schemas these are the owners of the topics."""

import re
from pathlib import Path

import pytest

from gridctl.contracts.topics import parse_catalogue
from tests.support.paths import ROOT

Lines = list[tuple[str, list[str]]]


def lines_of(text: str) -> Lines:
    words = [line.split("#")[0].split() for line in text.splitlines()]
    return [(line[0], line[1:]) for line in words if line]


def owners_of(path: str, lines: Lines) -> list[str]:
    """Return the owners of a path, as GitHub finds them (the patterns that this file uses: `*`, `/a/b/`, `/a`)."""
    return next((owners for pattern, owners in reversed(lines) if matches(pattern, path)), [])


def matches(pattern: str, path: str) -> bool:
    if pattern == "*":
        return True
    assert re.fullmatch(r"/[\w./-]+", pattern), f"{pattern}: only whole paths from the top are used here"
    bare = pattern.strip("/")
    return path.startswith(bare + "/") or (path == bare and not pattern.endswith("/"))


def problems(codeowners: str, topics: str, subjects: list[str]) -> list[str]:
    """Return each subject whose schemas the owners of its topics do not own."""
    lines, catalogue = lines_of(codeowners), parse_catalogue(topics, "topics.toml")
    found = []
    for subject in subjects:
        wanted = {topic.owner for topic in catalogue.topic if topic.subject == subject}
        owners = set(owners_of(f"schemas/{subject}/v1.avsc", lines))
        if wanted and owners != wanted:
            found.append(f"{subject}: {sorted(owners)} instead of {sorted(wanted)}")
    return found


CODEOWNERS = (ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8")
TOPICS = (ROOT / "schemas" / "topics.toml").read_text(encoding="utf-8")
SUBJECTS = sorted(path.name for path in (ROOT / "schemas").iterdir() if path.is_dir())


def test_the_owners_of_a_topic_own_its_schemas() -> None:
    assert SUBJECTS
    assert problems(CODEOWNERS, TOPICS, SUBJECTS) == []


@pytest.mark.parametrize(
    ("old", "new", "subject"),
    [
        ("/schemas/ev.session-value/               @gridstream/iot\n", "", "ev.session-value"),
        ("/schemas/grid.asset-value/              @gridstream/customer-data", "", "grid.asset-value"),
        ("measurement-value/       @gridstream/scada", "measurement-value/ @gridstream/iot", "scada.measurement-value"),
        ("@gridstream/iot @gridstream/platform", "@gridstream/iot", "grid.dead-letter-value"),
        ("# What decides", "/schemas/ @gridstream/governance\n# What decides", "iot.thermostat-value"),
    ],
)
def test_a_schema_in_other_hands_is_found(old: str, new: str, subject: str) -> None:
    text = re.sub(r" +", " ", CODEOWNERS)
    assert re.sub(r" +", " ", old) in text
    spoiled = text.replace(re.sub(r" +", " ", old), new)
    assert any(problem.startswith(f"{subject}: ") for problem in problems(spoiled, TOPICS, SUBJECTS))


def test_every_line_names_owners_as_github_reads_them() -> None:
    for pattern, owners in lines_of(CODEOWNERS):
        assert owners, pattern
        assert all(re.fullmatch(r"@[\w-]+(/[\w-]+)?", owner) for owner in owners), pattern


@pytest.mark.parametrize(
    "path", ["ci/pr-rules.toml", "ci/gates.toml", ".github/workflows/pr.yml", "gridctl/gates/x.py"]
)
def test_what_decides_on_a_change_has_owners_of_its_own(path: str) -> None:
    owners = owners_of(path, lines_of(CODEOWNERS))
    assert "@gridstream/governance" in owners
    assert (ROOT / path).parent.is_dir()


def test_every_subject_that_topics_name_has_a_line() -> None:
    patterns = {pattern for pattern, _ in lines_of(CODEOWNERS)}
    topics = parse_catalogue(TOPICS, "topics.toml")
    missing = {
        topic.subject for topic in topics.topic if topic.subject and f"/schemas/{topic.subject}/" not in patterns
    }
    assert missing == set()


def test_the_matcher_takes_the_last_line() -> None:
    lines = lines_of("* @a\n/x/ @b # why\n\n# /x/ @c\n/x/y/ @d\n/f @e\n")
    assert [owners_of(path, lines) for path in ("z", "x/1", "x/y/1", "f", "xx/1")] == [
        ["@a"],
        ["@b"],
        ["@d"],
        ["@e"],
        ["@a"],
    ]
    assert owners_of(str(Path("x") / "y"), lines) == ["@b"]
