"""The rules of the pull request gate: pure functions of the change, the rules file, the waivers and the time.

A waiver's fingerprint covers the message of its finding: a message that is changed here ends the waivers of it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from gridctl.contracts.verdict import COULD_NOT_CHECK, Finding, Verdict
from gridctl.gates.pr.document import Section, paragraphs, sections_of
from gridctl.gates.pr.filled import is_filled, normalised
from gridctl.gates.pr.model import IMPACTS, LEVELS, ROLLBACK, Change, ChangedPath, Level
from gridctl.gates.pr.rules import ImpactRule, PrRules
from gridctl.gates.waivers import Waiver, apply_waivers, login

GATE = "pr"
_KEY = "Level:"
_DEPTH = 2


def check(change: Change, rules: PrRules, waivers: Sequence[Waiver], *, now: datetime) -> Verdict:
    """Return the verdict on a change. Never raises, whatever the body holds."""
    sections = sections_of(change.body)
    findings: list[Finding] = []
    levels: dict[str, Level | None] = {}
    for kind, title in IMPACTS.items():
        section, problems = _only(sections, title, change)
        findings += problems
        levels[kind] = None
        if section is not None:
            levels[kind], problems = _declared(section, rules, change)
            findings += problems
        findings += _bound(kind, levels[kind], rules, change)
    if Level.HIGH in levels.values():
        findings += _rollback(sections, rules, change)
    findings += [
        finding for kind, level in levels.items() if level is Level.HIGH for finding in _approved(kind, rules, change)
    ]
    if not change.paths:
        findings.append(Finding(rule=COULD_NOT_CHECK, message="the change names no path, so nothing binds the body"))
    checked = {kind: level.word if level is not None else None for kind, level in levels.items()}
    verdict = Verdict(GATE, {**checked, "changed_paths": len(change.paths)}, tuple(findings))
    return apply_waivers(verdict, waivers, evidence=change.evidence, now=now)


def _only(sections: Sequence[Section], title: str, change: Change) -> tuple[Section | None, list[Finding]]:
    """Return the one section of that title, or why there is none."""
    found = [section for section in sections if section.title == title and section.plain and section.depth == _DEPTH]
    if len(found) == 1:
        return found[0], []
    if found:
        message = f"the section {title} stands {len(found)} times, so nobody knows which one holds"
        return None, [_finding(change, "section-repeated", title, message, f"keep one `## {title}`", found[1].number)]
    near, hint = _nearest(sections, title)
    message = f"there is no section {title}{hint}"
    return None, [_finding(change, "section-missing", title, message, f"add the heading `## {title}`", near)]


def _nearest(sections: Sequence[Section], title: str) -> tuple[int | None, str]:
    for section in sections:
        if normalised(section.title) == normalised(title):
            if not section.plain:
                return section.number, "; this heading looks like it, but holds characters that are not plain letters"
            if section.title != title:
                return section.number, "; this heading spells it differently"
            return section.number, f"; this heading has level {section.depth}, not {_DEPTH}"
    return None, " (headings in comments, code blocks, quotations, lists and open HTML tags are none)"


def _declared(section: Section, rules: PrRules, change: Change) -> tuple[Level | None, list[Finding]]:
    """Return the level of the section, None where it cannot be told, and what is wrong with the section."""
    marked = [line for line in section.lines if line.text.startswith(_KEY)]
    choice = " | ".join(LEVELS)
    if len(marked) != 1:
        rule, number = ("level-repeated", marked[1].number) if marked else ("level-missing", section.number)
        message = f"the section needs one line `{_KEY} {choice}`, and has {len(marked)}"
        fix = "write one such line, in plain text, with a blank line before any line of dashes"
        return None, [_finding(change, rule, section.title, message, fix, number)]
    line = marked[0]
    level = LEVELS.get(line.text.removeprefix(_KEY).strip(" \t"))
    findings = []
    if level is None:
        message = f"the level is none of {choice}"
        findings.append(
            _finding(change, "level-unknown", section.title, message, f"write `{_KEY} Low`, say", line.number)
        )
    after = paragraphs(other for other in section.lines if other.number > line.number)
    if not is_filled(after, rules.placeholders):
        findings.append(_not_filled(section, change, line.number, "why the level is right, in the lines after it"))
    return level, findings


def _bound(kind: str, declared: Level | None, rules: PrRules, change: Change) -> Iterator[Finding]:
    """Compare the declared level with the least one that the changed paths allow."""
    demands = [
        (rule.least(kind), changed, rule)
        for changed in sorted(change.paths)
        for rule in rules.impact
        if rule.matches(changed.path)
    ]
    if declared is None or not demands:
        return
    least = max(level for level, _, _ in demands)
    if declared >= least:
        return
    asking: list[tuple[ChangedPath, ImpactRule]] = [(path, rule) for level, path, rule in demands if level is least]
    path, rule = asking[0]
    others = len({other.path for other, _ in asking}) - 1
    message = (
        f"{IMPACTS[kind]} is declared {declared.word}, but {path.path}"
        f"{f' and {others} more' if others else ''} cannot be below {least.word}: {rule.why}"
    )
    fix = f"declare `{_KEY} {least.word}` or higher and justify it, or leave these paths out of the change"
    yield Finding(
        rule="impact-too-low", subject=GATE, path=IMPACTS[kind], file=path.path, message=message, fix=fix, line=None
    )


def _rollback(sections: Sequence[Section], rules: PrRules, change: Change) -> list[Finding]:
    section, problems = _only(sections, ROLLBACK, change)
    if section is not None and not is_filled(paragraphs(section.lines), rules.placeholders):
        return [_not_filled(section, change, section.number, "how the change is taken back, step by step")]
    return problems


def _approved(kind: str, rules: PrRules, change: Change) -> Iterator[Finding]:
    owners = rules.owners_of[kind]
    names = ", ".join(f"@{owner}" for owner in owners)
    if change.approvals is None:
        message = f"{IMPACTS[kind]} is High, which {names} must approve, and the reviews could not be read"
        yield Finding(rule=COULD_NOT_CHECK, subject=GATE, path=IMPACTS[kind], message=message, fix="set GITHUB_TOKEN")
    elif not {login(owner) for owner in owners} & {login(user) for user in change.approvals}:
        message = f"{IMPACTS[kind]} is High, and no owner has approved this commit"
        yield _finding(change, "approval-missing", IMPACTS[kind], message, f"ask one of {names} for a review", None)


def _not_filled(section: Section, change: Change, number: int, wanted: str) -> Finding:
    message = f"the section {section.title} is not filled: placeholders, comments, code and quotations say nothing"
    return _finding(change, "not-filled", section.title, message, f"say {wanted}", number)


def _finding(change: Change, rule: str, section: str, message: str, fix: str, number: int | None) -> Finding:
    return Finding(rule=rule, subject=GATE, path=section, file=change.body_file, line=number, message=message, fix=fix)
