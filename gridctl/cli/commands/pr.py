"""`gridctl pr`: the pull request gate, and whether the branch's live rules require it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.files import text_of
from gridctl.cli.gating import Format, run_gate
from gridctl.cli.options import group, stated_base
from gridctl.errors import Unavailable, UsageProblem

if TYPE_CHECKING:
    from gridctl.contracts.verdict import Verdict
    from gridctl.gates.pr.gather import Event, Sources

app = group("pr")

BodyFile = Annotated[Path | None, typer.Option(help="Judge the body in this file, instead of a pull request's.")]
EventFile = Annotated[
    Path | None, typer.Option(envvar="GITHUB_EVENT_PATH", help="The payload of the event that started the run.")
]
Base = Annotated[
    str | None,
    typer.Option(metavar="REV", callback=stated_base, help="Take the changed paths from git, since this revision."),
]
ChangedFiles = Annotated[Path | None, typer.Option(help="The changed paths, one a line.")]
Approvals = Annotated[
    Path | None, typer.Option(help="Who approved, one login a line, instead of the reviews on GitHub.")
]
RulesFile = Annotated[
    Path | None,
    typer.Option(help="The rules, with waivers.toml beside them; by default ci/pr-rules.toml of the base."),
]
Repository = Annotated[
    str | None, typer.Option(envvar="GITHUB_REPOSITORY", metavar="OWNER/NAME", help="The repository.")
]
Branch = Annotated[str | None, typer.Option(help="The branch to look at, instead of the default branch.")]
RulesetFile = Annotated[Path, typer.Option("--file", help="The ruleset that the repository declares.")]


@app.command("check")
def check(
    body_file: BodyFile = None,
    event_file: EventFile = None,
    base: Base = None,
    changed_files: ChangedFiles = None,
    approvals: Approvals = None,
    rules: RulesFile = None,
    chosen: Format = None,
) -> None:
    """Compare what a pull request declares with what it changes and who approved it.

    The body needs `## Safety Impact` and `## Grid Impact`, each with one line `Level: None|Low|Medium|High` and then
    a justification. The lowest level that is allowed follows from the changed paths (ci/pr-rules.toml). High also needs
    `## Rollback Plan` and the approval of an owner on the head commit.

    With GITHUB_TOKEN the body, the paths and the reviews are read again through the API. Exits 3 where a rule is
    broken, 5 where something could not be checked.

        $ gridctl pr check --body-file ci/examples/pr-body.md --changed-files ci/examples/pr-changes.txt
    """
    from gridctl.gates.pr.gather import Sources

    sources = Sources(body_file, base, changed_files, approvals, rules)
    run_gate("pr", chosen, lambda: _checked(sources, event_file, os.environ))


def _checked(sources: "Sources", event_file: Path | None, environ: Mapping[str, str]) -> "Verdict":
    from datetime import UTC, datetime

    from gridctl.cli.wiring.base import code_host, local_history
    from gridctl.gates.pr.check import check as judge
    from gridctl.gates.pr.gather import gather

    event = _event(event_file) if event_file and not sources.body_file else None
    host = code_host(event.repository, environ) if event and environ.get("GITHUB_TOKEN") else None
    judged = gather(sources, event, host, local_history())
    return judge(judged.change, judged.rules, judged.waivers, now=datetime.now(UTC))


def _event(path: Path) -> "Event":
    from gridctl.gates.pr.gather import parse_event

    try:
        return parse_event(path.read_bytes(), str(path))
    except OSError as error:
        raise Unavailable(
            f"{path}: the event cannot be read: {error.strerror}", next_step="name --event-file or --body-file"
        ) from error


@app.command("ruleset")
def ruleset(
    file: RulesetFile = Path(".github/ruleset.json"),
    repository: Repository = None,
    branch: Branch = None,
    chosen: Format = None,
) -> None:
    """Compare the live rules of the branch with .github/ruleset.json.

    Exits 3 where the branch does not require a check that the file requires, or where a declared rule is missing or
    weaker; 5 where GitHub does not answer. GITHUB_TOKEN needs read permission only; a public repository needs no token.

        $ gridctl pr ruleset --repository gridstream/gridstream
    """
    if repository is None:
        raise UsageProblem("no repository is named", next_step="name --repository OWNER/NAME or set GITHUB_REPOSITORY")
    name = repository
    run_gate("ruleset", chosen, lambda: _compared(file, name, branch, os.environ))


def _compared(file: Path, repository: str, branch: str | None, environ: Mapping[str, str]) -> "Verdict":
    from gridctl.cli.wiring.base import code_host
    from gridctl.gates.pr.ruleset import compare, parse_ruleset

    declared = parse_ruleset(text_of(file, "name it with --file"), str(file))
    host = code_host(repository, environ)
    looked_at = branch or host.default_branch()
    live, protected = host.branch_rules(looked_at), host.protected_checks(looked_at)
    return compare(declared, live, protected, branch=looked_at, file=str(file))
