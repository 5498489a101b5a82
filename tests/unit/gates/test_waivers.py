"""Waivers: two people, an end, and one finding of one change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gridctl.contracts.verdict import COULD_NOT_CHECK, Finding, Verdict
from gridctl.errors import UsageProblem
from gridctl.gates.pr.check import check
from gridctl.gates.pr.model import Change, ChangedPath
from gridctl.gates.pr.rules import PrRules
from gridctl.gates.waivers import Waiver, apply_waivers, fingerprint, parse_waivers

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FINDING = Finding(rule="impact-too-low", message="too low", path="Safety Impact", file="gridctl/safety/a.py")


def text_of(**changes: str) -> str:
    values = {
        "fingerprint": f'"{fingerprint("pr", FINDING, "evidence")}"',
        "reason": '"the file holds a comment only, nothing that runs"',
        "requested_by": '"ada"',
        "approved_by": '"grace"',
        "recorded": "2026-11-20",
        "expires": "2026-12-01",
    } | changes
    return "[[waiver]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items() if value)


def waivers(**changes: str) -> tuple[Waiver, ...]:
    return parse_waivers(text_of(**changes), "ci/waivers.toml")


def weigh(finding: Finding, *held: Waiver, evidence: str = "evidence", now: datetime = NOW) -> Verdict:
    return apply_waivers(Verdict("pr", {}, (finding,)), held, evidence=evidence, now=now)


def test_a_waived_error_is_a_warning_that_names_both_people_and_the_end() -> None:
    verdict = weigh(FINDING, *waivers())
    assert verdict.verdict == "pass"
    said = verdict.findings[0].message
    assert all(word in said for word in ("2026-12-01", "ada", "grace", "nothing that runs"))


def test_an_error_without_a_waiver_prints_the_fingerprint_to_waive() -> None:
    verdict = weigh(FINDING)
    assert verdict.verdict == "fail"
    assert fingerprint("pr", FINDING, "evidence") in (verdict.findings[0].fix or "")


@pytest.mark.parametrize(
    "other",
    [
        replace(FINDING, rule="level-missing"),
        replace(FINDING, file="gridctl/safety/b.py"),
        replace(FINDING, path="Grid Impact"),
        replace(FINDING, subject="x"),
        replace(FINDING, version=2),
        replace(FINDING, against=2),
        replace(FINDING, message="much too low"),
    ],
)
def test_a_waiver_waives_nothing_else(other: Finding) -> None:
    assert weigh(other, *waivers()).verdict == "fail"


def test_a_waiver_is_bound_to_the_evidence() -> None:
    assert weigh(FINDING, *waivers(), evidence="other").verdict == "fail"


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC), "fail"),
        (datetime(2026, 11, 20, tzinfo=UTC), "pass"),
        (datetime(2026, 12, 1, 23, 59, 59, tzinfo=UTC), "pass"),
        (datetime(2026, 12, 2, tzinfo=UTC), "fail"),
    ],
)
def test_a_waiver_holds_from_its_record_to_its_end(now: datetime, verdict: str) -> None:
    assert weigh(FINDING, *waivers(), now=now).verdict == verdict


def test_an_expired_waiver_is_named() -> None:
    assert (
        "expired on 2026-12-01" in weigh(FINDING, *waivers(), now=datetime(2027, 1, 1, tzinfo=UTC)).findings[0].message
    )


def test_what_could_not_be_checked_cannot_be_waived() -> None:
    unknown = Finding(rule=COULD_NOT_CHECK, message="no answer")
    mark = fingerprint("pr", unknown, "evidence")
    assert weigh(unknown, *waivers(fingerprint=f'"{mark}"')).verdict == "error"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"approved_by": '"ada"'}, "two people"),
        ({"approved_by": '"@ADA "'}, "two people"),
        ({"approved_by": '" "'}, "approved_by"),
        ({"requested_by": ""}, "requested_by"),
        ({"expires": ""}, "expires"),
        ({"expires": "2026-11-20"}, "1 to 30 days"),
        ({"expires": "2026-12-21"}, "1 to 30 days"),
        ({"recorded": ""}, "recorded"),
        ({"reason": '"because"'}, "reason"),
        ({"fingerprint": '"*"'}, "fingerprint"),
        ({"fingerprint": "x"}, "not TOML"),
        ({"scope": '"all"'}, "scope"),
    ],
)
def test_a_waiver_that_lacks_something_is_refused(changes: dict[str, str], place: str) -> None:
    with pytest.raises(UsageProblem, match=r"ci/waivers\.toml") as refused:
        waivers(**changes)
    assert place in str(refused.value)


@pytest.mark.parametrize(
    ("path", "text", "verdict"),
    [
        (ChangedPath("gridctl/safety/a.py", "1" * 40), "", "pass"),
        (ChangedPath("gridctl/safety/a.py", "2" * 40), "", "fail"),
        (ChangedPath("gridctl/safety/a.py", "1" * 40), "\nOne more line.\n", "fail"),
    ],
)
def test_a_pull_requests_waiver_ends_with_the_next_push_or_edit(
    path: ChangedPath, text: str, verdict: str, body: Callable[..., str], rules: PrRules
) -> None:
    judged = Change(body(grid="Low"), (ChangedPath("gridctl/safety/a.py", "1" * 40),), frozenset())
    fix = check(judged, rules, (), now=NOW).findings[0].fix or ""
    held = waivers(fingerprint=f'"{fix[-64:]}"')
    now_judged = Change(body(grid="Low") + text, (path,), frozenset())
    assert check(now_judged, rules, held, now=NOW).verdict == verdict
