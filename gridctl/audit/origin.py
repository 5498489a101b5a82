"""Who does something, and from where: what every fact of one run has in common."""

from dataclasses import asdict, dataclass

from gridctl.contracts.audit import AuditFact


@dataclass(frozen=True)
class Origin:
    """The person or account, and the CI run, commit, pull request and ref that the work belongs to."""

    actor: str
    ci_run_id: str | None = None
    ci_run_url: str | None = None
    commit: str | None = None
    pull_request: int | None = None
    ref: str | None = None

    def fact(self, action: str, subject: str, time_ms: int, **values: str | int | None) -> AuditFact:
        """Return a fact of this origin."""
        return AuditFact.model_validate(
            {"action": action, "subject": subject, "time_ms": time_ms, **asdict(self), **values}
        )
