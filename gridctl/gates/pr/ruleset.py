"""Compare the repository's live settings with `.github/ruleset.json` (GitHub's import format)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gridctl.contracts.verdict import Finding, Verdict
from gridctl.errors import Unavailable, UsageProblem

GATE = "ruleset"
_CHECKS = "required_status_checks"
_AS_DECLARED = "import .github/ruleset.json under Settings, Rules, Rulesets, or edit the live ruleset"


class Rule(BaseModel):
    """One rule of a branch. GitHub says more about live ones (where they come from); it is not needed here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    parameters: dict[str, Any] = Field(default_factory=dict)


_RULES = TypeAdapter(list[Rule])


class Ruleset(BaseModel):
    """What the gate reads of the file; GitHub's import knows more keys, and they are left to it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    target: Literal["branch"]
    enforcement: Literal["active"]
    rules: Annotated[list[Rule], Field(min_length=1)]

    @property
    def checks(self) -> dict[str, int | None]:
        """The required checks by context, with the app that must report them, None where any may."""
        return checks_of(self.rules)


def parse_ruleset(text: str, where: str) -> Ruleset:
    """Read the file; raise UsageProblem where it is not a ruleset or requires no check."""
    try:
        ruleset = Ruleset.model_validate(json.loads(text))
        checks = ruleset.checks
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise UsageProblem(f"{where}: not a ruleset: {first}") from error
    if not checks:
        raise UsageProblem(f"{where}: requires no check", next_step="name the jobs of the workflows")
    return ruleset


def parse_live(answer: object, where: str) -> list[Rule]:
    """Read the active rules as GitHub returns them; raise Unavailable where they cannot be understood."""
    try:
        rules = _RULES.validate_python(answer)
        checks_of(rules)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unavailable(f"{where}: the live rules cannot be read: {error}") from error
    return rules


def checks_of(rules: Sequence[Rule]) -> dict[str, int | None]:
    """Return the required checks of these rules, by context."""
    return {
        str(check["context"]): check.get("integration_id")
        for rule in rules
        if rule.type == _CHECKS
        for check in rule.parameters[_CHECKS]
    }


def compare(
    declared: Ruleset, live: Sequence[Rule], protected: Mapping[str, int | None], *, branch: str, file: str
) -> Verdict:
    """Return the verdict: every declared check is required, every declared rule is active and not weaker.

    `live` are the active rules of the branch, `protected` the checks that its classic protection requires.
    """
    findings = [*_missing_checks(declared, live, protected, file), *_weaker_rules(declared, live, file)]
    return Verdict(GATE, {"branch": branch, "required_checks": len(declared.checks)}, tuple(findings))


def _missing_checks(
    declared: Ruleset, live: Sequence[Rule], protected: Mapping[str, int | None], file: str
) -> Iterator[Finding]:
    sources = (checks_of(live), protected)
    for context, app in declared.checks.items():
        required = [source[context] for source in sources if context in source]
        if app in required or (required and app is None):
            continue
        if required:
            message = f"the check {context} is required, but any app may report it: it must come from app {app}"
            yield Finding(rule="check-of-any-app", subject=context, file=file, message=message, fix=_AS_DECLARED)
        else:
            message = f"the check {context} is not required: a change merges without it"
            yield Finding(rule="check-not-required", subject=context, file=file, message=message, fix=_AS_DECLARED)


def _weaker_rules(declared: Ruleset, live: Sequence[Rule], file: str) -> Iterator[Finding]:
    for rule in declared.rules:
        if rule.type == _CHECKS:
            continue
        same = [other.parameters for other in live if other.type == rule.type]
        if not same:
            message = f"no active rule {rule.type}"
            yield Finding(rule="rule-not-active", subject=rule.type, file=file, message=message, fix=_AS_DECLARED)
            continue
        # Several rulesets add up: the strictest live value of each parameter is the one that holds.
        weaker = sorted(
            key for key, wanted in rule.parameters.items() if not any(_holds(wanted, has.get(key)) for has in same)
        )
        if weaker:
            message = f"the active rule {rule.type} is weaker than declared: {', '.join(weaker)}"
            yield Finding(rule="rule-weaker", subject=rule.type, file=file, message=message, fix=_AS_DECLARED)


def _holds(wanted: Any, has: Any) -> bool:
    if isinstance(wanted, bool):
        return has is True or not wanted
    if isinstance(wanted, int):
        return isinstance(has, int) and has >= wanted
    return bool(has == wanted)
