"""Each rule of the pull request gate: what must pass it, and what must not."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridctl.contracts.verdict import Verdict
from gridctl.errors import UsageProblem
from gridctl.gates.pr.check import check
from gridctl.gates.pr.model import Change, ChangedPath
from gridctl.gates.pr.rules import PrRules

NOW = datetime(2026, 11, 24, tzinfo=UTC)
Body = Callable[..., str]

ROLLBACK = "\n## Rollback Plan\n\nRevert the merge commit and redeploy the tag before it.\n"


def judge(text: str, rules: PrRules, *paths: str, approvals: frozenset[str] | None = frozenset()) -> Verdict:
    changed = tuple(ChangedPath(path) for path in paths or ("docs/page.md",))
    return check(Change(text, changed, approvals), rules, (), now=NOW)


def broken(verdict: Verdict) -> list[tuple[str, str | None]]:
    return [(finding.rule, finding.path) for finding in verdict.findings]


SAFETY = "## Safety Impact\n\nLevel: None\n\nNo guard reads the changed page.\n"

PASSING: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "setext": lambda text: text.replace("## Safety Impact", "Safety Impact\n-------------"),
    "closed ATX": lambda text: text.replace("## Safety Impact", "  ## Safety Impact ##  "),
    "one paragraph": lambda text: text.replace("Level: None\n\nNo guard", "Level: None\nNo guard"),
    "bold level": lambda text: text.replace("Level: None\n\nNo guard", "**Level:** None\n\nNo guard"),
    "a list": lambda text: text.replace("No guard reads the changed page.", "- no guard reads it\n- tests show that"),
    "other sections around": lambda text: f"# Title\n\n{text}\n\n## Notes\n\nMore words.\n",
    "lower heading inside": lambda text: text.replace("No guard", "### Why\n\nNo guard"),
    "comment beside": lambda text: text.replace(
        "Level: None\n\nNo guard", "<!-- Level: High -->\n\nLevel: None\n\nNo guard"
    ),
    "example in a code block": lambda text: text + "\n```\n## Safety Impact\nLevel: High\n```\n",
    "example in a quotation": lambda text: text + "\n> ## Safety Impact\n> Level: High\n",
    "example in a list": lambda text: text + "\n- ## Safety Impact\n",
    "control characters elsewhere": lambda text: "\x00\x07\x1b[2J\ufeff\u202e\n\n" + text + "\n\x0c\x85\u2028",
    "a large body": lambda text: text + "\n\nmore words\n" * 10_000,
    "deep nesting": lambda text: text + "\n" + "> " * 5_000 + "deep\n" + "- " * 5_000 + "deeper\n",
    "open brackets": lambda text: text + "\n" + "[" * 20_000 + "*" * 20_000 + "<!--" * 5_000,
    "filler and reason": lambda text: text.replace("No guard reads the changed page.", "n/a: only a page changes"),
    "script without spaces": lambda text: text.replace("No guard reads the changed page.", "仅修改文档"),
    "lone surrogate": lambda text: text + "\ud800",
    "byte order mark at the start": lambda text: "\ufeff" + text.removeprefix("What changes.\n\n"),
    "in details": lambda text: f"<details>\n<summary>More</summary>\n\n{text}\n</details>\n",
    "closed raw HTML": lambda text: f"<ul><li>a<li>b</ul>\n\n<PRE>x</PRE>\n\nan <del>old</del> page\n\n{text}",
    "raw HTML in a comment, an attribute, code and a fence": lambda text: (
        f"<!-- <pre> -->\n\n<a title='<del>'>a</a> `<code>`\n\n```\n<table>\n```\n\n{text}"
    ),
    "open raw HTML behind": lambda text: text + "\n<blockquote>\n\n## Safety Impact\n\nLevel: High\n",
    "many tags": lambda text: "<b>" * 50_000 + "\n\n" + text + "\n<div>\n" + "<del a='" * 50_000,
    "many headings": lambda text: text + "\n" + "## a\n" * 10_000,
    "one endless word": lambda text: text.replace("the changed", "a." * 100_000 + " the changed"),
    "code among words": lambda text: text.replace("the changed page", "`page.md` nor \\`words"),
}

CONTAINERS = ("blockquote", "pre", "code", "del", "s", "strike", "ul", "ol", "li", "table", "template")


def within(before: str, after: str = "") -> Callable[[str], str]:
    """Put the safety section between two pieces of raw HTML."""
    return lambda text: text.replace(SAFETY, f"{before}\n\n{SAFETY}\n{after}\n\n")


FAILING: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "empty body": (lambda _: "", ["section-missing", "section-missing"]),
    "missing section": (lambda text: text.replace(SAFETY, ""), ["section-missing"]),
    "level 1 heading": (lambda text: text.replace("## Safety", "# Safety"), ["section-missing"]),
    "level 3 heading": (lambda text: text.replace("## Safety", "### Safety"), ["section-missing"]),
    "no space": (lambda text: text.replace("## Safety", "##Safety"), ["section-missing"]),
    "other spelling": (lambda text: text.replace("Safety Impact", "SAFETY IMPACT"), ["section-missing"]),
    "in a fence": (lambda text: text.replace(SAFETY, f"```\n{SAFETY}```\n"), ["section-missing"]),
    "in an open fence": (lambda text: text.replace(SAFETY, f"~~~~\n{SAFETY}"), ["section-missing"] * 2),
    "in an indented block": (
        lambda text: text.replace(SAFETY, "".join(f"    {line}\n" for line in SAFETY.splitlines())),
        ["section-missing"],
    ),
    "in a comment": (lambda text: text.replace(SAFETY, f"<!--\n{SAFETY}-->\n"), ["section-missing"]),
    "in an open comment": (lambda text: text.replace(SAFETY, f"<!--\n{SAFETY}"), ["section-missing"] * 2),
    "in a quotation": (
        lambda text: text.replace(SAFETY, "".join(f"> {line}\n" for line in SAFETY.splitlines()) + "\n"),
        ["section-missing"],
    ),
    "in a list": (lambda text: text.replace("## Safety Impact", "- ## Safety Impact"), ["section-missing"]),
    "escaped": (lambda text: text.replace("## Safety", r"\## Safety"), ["section-missing"]),
    "zero width space": (lambda text: text.replace("Safety Impact", "Safety\u200b Impact"), ["section-missing"]),
    "no-break space": (lambda text: text.replace("Safety Impact", "Safety\u00a0Impact"), ["section-missing"]),
    "no-break space at the end": (
        lambda text: text.replace("Safety Impact", "Safety Impact\u00a0"),
        ["section-missing"],
    ),
    "byte order mark": (lambda text: text.replace("Safety Impact", "\ufeffSafety Impact"), ["section-missing"]),
    "other alphabet": (lambda text: text.replace("Safety", "S\u0430fety"), ["section-missing"]),
    "entity": (lambda text: text.replace("Safety Impact", "Safety&#32;Impact"), ["section-missing"]),
    "twice": (lambda text: text + "\n" + SAFETY, ["section-repeated"]),
    "twice, setext": (lambda text: text + "\nSafety Impact\n---\n\nLevel: Low\n", ["section-repeated"]),
    "no level": (lambda text: text.replace("Level: None\n\nNo guard", "No guard"), ["level-missing"]),
    "level in a comment": (
        lambda text: text.replace("Level: None\n\nNo guard", "<!-- Level: None -->\n\nNo guard"),
        ["level-missing"],
    ),
    "level in code": (
        lambda text: text.replace("Level: None\n\nNo guard", "`Level: None`\n\nNo guard"),
        ["level-missing"],
    ),
    "level in a fence": (
        lambda text: text.replace("Level: None\n\nNo guard", "```\nLevel: None\n```\n\nNo guard"),
        ["level-missing"],
    ),
    "level in a quotation": (
        lambda text: text.replace("Level: None\n\nNo guard", "> Level: None\n\nNo guard"),
        ["level-missing"],
    ),
    "level in a lower heading": (
        lambda text: text.replace("Level: None\n\nNo guard", "### Level: None\n\nNo guard"),
        ["level-missing"],
    ),
    "struck level": (
        lambda text: text.replace("Level: None\n\nNo guard", "~~Level: None~~\n\nNo guard"),
        ["level-missing"],
    ),
    "two levels": (lambda text: text.replace("None\n\nNo guard", "None\nLevel: High\n\nNo guard"), ["level-repeated"]),
    "level out of range": (lambda text: text.replace("None\n\nNo guard", "Tiny\n\nNo guard"), ["level-unknown"]),
    "level not chosen": (
        lambda text: text.replace("None\n\nNo guard", "None|Low|Medium|High\n\nNo guard"),
        ["level-unknown"],
    ),
    "level in small letters": (lambda text: text.replace("None\n\nNo guard", "none\n\nNo guard"), ["level-unknown"]),
    **{f"in <{tag}>": (within(f"<{tag.upper()} dir=ltr>", f"</{tag}>"), ["section-missing"]) for tag in CONTAINERS},
    **{f"in an open <{tag}>": (within(f"words <b><{tag}>"), ["section-missing"] * 2) for tag in CONTAINERS},
    "in the outer of two": (within("<ul>\n<li><ul></ul>", "</li></ul>"), ["section-missing"]),
    "in an open list in a list": (within("- <ul>"), ["section-missing"] * 2),
    "behind a closing tag in an attribute": (within("<del>\n\n<i title='</del>'>", "</i></del>"), ["section-missing"]),
    "in a comment inside raw HTML": (within("<div><!--", "<p>--></p></div>"), ["section-missing"]),
    "in an attribute": (within('<div title="', '<i title="">'), ["section-missing"] * 2),
    "level in raw HTML": (
        lambda text: text.replace("Level: None\n\nNo guard", "<s>Level: None</s>\n\nNo guard"),
        ["level-missing"],
    ),
    "level with an invisible character": (
        lambda text: text.replace("None\n\nNo guard", "None\u200b\n\nNo guard"),
        ["level-unknown"],
    ),
}

UNFILLED = [
    *("", "TBD", "tbd.", "T\u200bBD", "**TBD**", "TBD TBD", "TODO: TBD", "n/a", "N/A.", "n/a n/a", "...", "…", "- . -"),
    *(
        "None",
        "none.",
        "Nothing",
        "not applicable",
        "to be determined",
        "?",
        "🙂 🙂",
        "wip",
        "ok",
        "No impact.",
        "\uff34\uff22\uff24",
    ),
    *("<!-- a long and good reason, hidden -->", "> quoted words of someone else", "```\nwords in a code block\n```"),
    *("    indented words of code", "<div>words in raw markup</div>", "~~struck out words~~", "[describe the impact]"),
    *("Why this level is right, and what shows it.", "_Why this level is right, and what shows it._"),
    *("Describe the impact here", "Please explain your change", "https://example.org/some/page", "<what and why>"),
    # The placeholder in another shape.
    *("Why this level is right,\nand what shows it.", "Why this level is right, and what shows it!"),
    *('"Why this level is right, and what shows it."', "\u201cWhy this level is right, and what shows it\u201d"),
    "Why this level is right, and what shows it. Why this level is right, and what shows it.",
    *("- Why this level is right, and\n\n  what shows it.", "TBD. Why this level is right: and what shows it."),
    # Blank letters.
    *("\u3164\u3164 \u3164\u3164", "\u115f\u1160", "\uffa0 \uffa0\u3164", "\u2800\u2800", "T\u3164BD"),
    # Names of pictures, people and addresses; code.
    *(":rocket: :tada:", ":rocket::tada:", "@alice @bob", "cc: @alice, @grid/owners", "www.example.com/some/page"),
    *("foo@example.com", "`no guard reads the page`", "`no guard` ``reads ` the page``"),
    # Put off, or chosen and not said why.
    *("TBD later on", "to be determined later on", "**TODO:** ask the owners", "TBD later\non when we know"),
    *("- [ ] TBD later on", "to be\ndetermined later on", "not\napplicable"),
    *("- [ ] Low\n- [ ] Medium", "- [x] None\n- [ ] Low\n- [ ] Medium\n- [ ] High"),
    # Raw HTML around words.
    *("<s>struck out words</s>", "<blockquote>\n\nwords of someone else\n\n</blockquote>"),
]

FILLED = [
    *("No impact on devices: only the README changes.", "Nothing that reaches a device changes."),
    *("To do this, no guard is read.", "Low risk, since readers skip it.", "- [x] Low: readers skip it"),
    "Why this level is right, and what shows it. Because readers skip the page.",
    *("TBD\n\nNo guard reads it.", "- TBD\n- no guard reads it", "No guard reads it, says @alice: www.example.org"),
    *("Only `page.md` changes.", "<b>No guard</b> reads it.", "Ratio 1:2:3 of readers stays"),
]


@pytest.mark.parametrize("name", PASSING)
def test_passes(name: str, body: Body, rules: PrRules) -> None:
    assert broken(judge(PASSING[name](body()), rules)) == []


@pytest.mark.parametrize("name", FAILING)
def test_fails(name: str, body: Body, rules: PrRules) -> None:
    spoil, expected = FAILING[name]
    text = spoil(body())
    assert text != body()
    verdict = judge(text, rules)
    assert [rule for rule, _ in broken(verdict)] == expected
    assert verdict.verdict == "fail"
    assert verdict.findings[0].path == "Safety Impact"


@pytest.mark.parametrize("filler", UNFILLED)
def test_a_justification_must_say_something(filler: str, body: Body, rules: PrRules) -> None:
    text = body().replace("No guard reads the changed page.", filler)
    assert broken(judge(text, rules)) == [("not-filled", "Safety Impact")]


@pytest.mark.parametrize("reason", FILLED)
def test_a_justification_that_says_something_is_one(reason: str, body: Body, rules: PrRules) -> None:
    assert broken(judge(body().replace("No guard reads the changed page.", reason), rules)) == []


def test_words_before_the_level_justify_nothing(body: Body, rules: PrRules) -> None:
    before = "No guard reads the changed page.\n\nLevel: None\n"
    text = body().replace("Level: None\n\nNo guard reads the changed page.\n", before)
    assert broken(judge(text, rules)) == [("not-filled", "Safety Impact")]


def test_a_disguised_heading_is_pointed_at(body: Body, rules: PrRules) -> None:
    finding = judge(body().replace("Safety Impact", "Safety\u200b Impact"), rules).findings[0]
    assert finding.line == 3
    assert "not plain letters" in finding.message


@pytest.mark.parametrize(
    ("safety", "grid", "paths", "expected"),
    [
        ("None", "None", ["docs/page.md"], []),
        ("Medium", "Low", ["gridctl/safety/kernel.py"], []),
        ("Medium", "Medium", ["gridctl/safety/deep/er/kernel.py"], []),
        ("None", "Low", ["gridctl/safety/kernel.py"], [("impact-too-low", "Safety Impact")]),
        ("Low", "Low", ["gridctl/safety/kernel.py"], [("impact-too-low", "Safety Impact")]),
        ("None", "Low", ["gridctl/Safety/kernel.py"], [("impact-too-low", "Safety Impact")]),
        ("None", "Low", ["gridctl/safety/a\nb.py"], [("impact-too-low", "Safety Impact")]),
        ("Medium", "None", ["docs/a.md", "schemas/x/v1.avsc"], [("impact-too-low", "Grid Impact")]),
        ("None", "Low", ["schemas/x/v1.avsc"], []),
        ("None", "None", ["docs/schemas/x.md", "gridctl/safety.py"], []),
        ("None", "None", ["poetry.lock"], [("impact-too-low", "Grid Impact")]),
        ("None", "None", ["docs/poetry.lock"], []),
        (
            "None",
            "None",
            ["gridctl/safety/kernel.py"],
            [("impact-too-low", "Safety Impact"), ("impact-too-low", "Grid Impact")],
        ),
    ],
)
def test_the_diff_binds_the_level(
    safety: str, grid: str, paths: list[str], expected: list[tuple[str, str]], body: Body, rules: PrRules
) -> None:
    assert broken(judge(body(safety=safety, grid=grid), rules, *paths)) == expected


def test_the_finding_names_the_path_and_the_reason(body: Body, rules: PrRules) -> None:
    finding = judge(body(grid="Low"), rules, "docs/a.md", "gridctl/safety/a.py", "gridctl/safety/b.py").findings[0]
    assert finding.file == "gridctl/safety/a.py"
    assert "declared None, but gridctl/safety/a.py and 1 more cannot be below Medium" in finding.message
    assert "switched off" in finding.message


def test_no_path_is_no_pass(body: Body, rules: PrRules) -> None:
    verdict = check(Change(body(), (), frozenset()), rules, (), now=NOW)
    assert verdict.verdict == "error"


@pytest.mark.parametrize(
    ("safety", "grid", "more", "approvals", "expected"),
    [
        ("High", "None", ROLLBACK, {"ada"}, []),
        ("High", "None", ROLLBACK, {"@GRACE"}, []),
        ("None", "High", ROLLBACK, {"edith"}, []),
        ("High", "High", ROLLBACK, {"edith", "ada"}, []),
        ("Medium", "Medium", "", set(), []),
        ("High", "None", "", {"ada"}, [("section-missing", "Rollback Plan")]),
        ("None", "High", "", {"edith"}, [("section-missing", "Rollback Plan")]),
        ("High", "None", "\n## Rollback Plan\n\nTBD\n", {"ada"}, [("not-filled", "Rollback Plan")]),
        ("High", "None", ROLLBACK * 2, {"ada"}, [("section-repeated", "Rollback Plan")]),
        ("High", "None", f"\n```\n{ROLLBACK}```\n", {"ada"}, [("section-missing", "Rollback Plan")]),
        ("High", "None", ROLLBACK, set(), [("approval-missing", "Safety Impact")]),
        ("High", "None", ROLLBACK, {"edith", "mallory"}, [("approval-missing", "Safety Impact")]),
        ("High", "High", ROLLBACK, {"ada"}, [("approval-missing", "Grid Impact")]),
    ],
)
def test_high_needs_a_way_back_and_an_owner(
    safety: str,
    grid: str,
    more: str,
    approvals: set[str],
    expected: list[tuple[str, str]],
    body: Body,
    rules: PrRules,
) -> None:
    text = body(safety=safety, grid=grid, more=more)
    assert broken(judge(text, rules, approvals=frozenset(approvals))) == expected


def test_unknown_reviews_are_no_approval_and_no_refusal(body: Body, rules: PrRules) -> None:
    verdict = judge(body(safety="High", more=ROLLBACK), rules, approvals=None)
    assert verdict.verdict == "error"


def test_what_was_declared_is_told(body: Body, rules: PrRules) -> None:
    assert judge(body(safety="Low"), rules).checked == {"safety": "Low", "grid": "None", "changed_paths": 1}


MARKDOWN = st.text(
    alphabet=st.sampled_from(list("# \n\r\t-=>*`~<!->[]()|LevelNoneSafetyImpact:\x00\ufeff\u200b\ud800&;\\"))
)


@settings(max_examples=200, deadline=None)
@given(text=st.one_of(st.text(), MARKDOWN))
def test_no_text_crashes_the_gate_and_none_without_both_sections_passes(text: str) -> None:
    rules = PrRules.from_toml(
        '[owners]\nsafety = ["a"]\ngrid = ["b"]\n[[impact]]\npaths = ["x"]\nwhy = "y"\n', "ci/pr-rules.toml"
    )
    assert judge(text, rules).verdict == "fail"


@settings(max_examples=100, deadline=None)
@given(around=st.text(alphabet=st.characters(exclude_characters="\n\r`~<>")), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_text_elsewhere_changes_no_verdict(around: str, end: str) -> None:
    rules = PrRules.from_toml(
        '[owners]\nsafety = ["a"]\ngrid = ["b"]\n[[impact]]\npaths = ["x"]\nwhy = "y"\n', "ci/pr-rules.toml"
    )
    sections = f"{SAFETY}\n{SAFETY.replace('Safety', 'Grid')}\n## Notes\n\n"
    assert judge(f"{sections}.{around}\n".replace("\n", end), rules).verdict == "pass"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("owners", "owner", "owner"),
        ('safety = "Medium"', 'safety = "medium"', "safety"),
        ('safety = ["Ada", "grace"]', "safety = []", "owners.safety"),
        ('["edith"]', '["@gridstream/safety"]', "owners.grid"),
        ('"gridctl/safety/**"', '"/gridctl/safety/**"', "paths"),
        ("why =", "wy =", "impact"),
        ("[[impact]]", "[[impact", "not TOML"),
    ],
)
def test_a_wrong_rules_file_is_refused_by_name(old: str, new: str, place: str, rules_text: str) -> None:
    assert old in rules_text
    with pytest.raises(UsageProblem, match=r"ci/pr-rules\.toml") as refused:
        PrRules.from_toml(rules_text.replace(old, new), "ci/pr-rules.toml")
    assert place in str(refused.value)
