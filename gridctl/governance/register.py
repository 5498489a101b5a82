"""Registering a tree: level by level, version by version, each read back and then recorded in the ledger."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from gridctl.audit.chain import Head
from gridctl.audit.ledger import Ledger, Origin
from gridctl.contracts.audit import AuditEntry, AuditFact
from gridctl.contracts.registry import SchemaRegistry
from gridctl.errors import GridctlError, Unavailable, ViolationFound
from gridctl.governance.ledger_check import ADOPT_ACTION, LEVEL_ACTION, REGISTER_ACTION, LedgerView, unexplained
from gridctl.governance.register_plan import AddVersion, Plan, SetLevel
from gridctl.governance.stores import RegistryStore, StoredSchema, find

_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))


@dataclass(frozen=True)
class Report:
    """What there was to do, what was done, and the ledger's head after it; the head is None where it was not asked."""

    plan: Plan
    entries: tuple[AuditEntry, ...] = ()
    head: Head | None = None


@dataclass(frozen=True)
class Registrar:
    """Writes to one registry and records it. `system` names the registry in the ledger; `clock` is in epoch ms."""

    registry: SchemaRegistry
    ledger: Ledger
    system: str
    origin: Origin
    clock: Callable[[], int]

    def execute(self, plan: Plan, adopt: str | None = None) -> Report:
        """Take all steps; raise on the first that fails, with what went before it registered and recorded.

        With a reason to `adopt`, versions that nobody recorded before are recorded at the end, as they are.
        """
        self.ledger.head()  # before anything is written: what cannot be recorded is not done
        strange = [] if adopt is None else self._unrecorded()
        entries: list[AuditEntry] = []
        for step in plan.steps:
            fact = self._set_level(step) if isinstance(step, SetLevel) else self._register(step)
            entries += self._recorded([fact])  # one by one: a crash leaves at most one change that is not recorded
        if strange:
            entries += self._recorded([self._registered(ADOPT_ACTION, held, None, adopt) for held in strange])
        return Report(plan, tuple(entries), self.ledger.head())

    def _unrecorded(self) -> list[StoredSchema]:
        view = LedgerView(self.system)
        for record in self.ledger.records():
            view.take(record)
        return list(unexplained(view, self._store()))

    def _store(self) -> RegistryStore:
        """Return the registry as it is now."""
        return RegistryStore(self.system, self.registry)

    def _recorded(self, facts: Sequence[AuditFact]) -> tuple[AuditEntry, ...]:
        try:
            return self.ledger.append(facts)
        except GridctlError as error:
            done = ", ".join(f"{fact.subject}: {fact.action}" for fact in facts)
            raise Unavailable(
                f"{done} is done and could not be recorded: {error.message}",
                next_step="fix the ledger, then `gridctl schema register --execute --adopt REASON` records it",
            ) from error

    def _set_level(self, step: SetLevel) -> AuditFact:
        self.registry.set_level(step.subject, step.after)
        seen = self.registry.level(step.subject)
        if seen != step.after:
            raise ViolationFound(f"{step.subject}: its level was set to {step.after} and reads back as {seen}")
        return self._fact(LEVEL_ACTION, step.subject, before=step.before, after=step.after)

    def _register(self, step: AddVersion) -> AuditFact:
        file = step.file
        added = self.registry.register(file.subject, file.text, file.references)
        seen = find([self._store()], file.subject, file.version)
        if seen is None or seen.schema_id != added.schema_id or not seen.is_same_as(file):
            raise ViolationFound(
                f"{file.place}: was registered and does not read back as version {file.version}",
                next_step="`gridctl audit verify` says what the registry holds; somebody may have registered meanwhile",
            )
        return self._registered(REGISTER_ACTION, seen, step.before)

    def _registered(
        self, action: str, version: StoredSchema, before: str | None, reason: str | None = None
    ) -> AuditFact:
        return self._fact(
            action,
            version.subject,
            version=version.version,
            schema_id=version.schema_id,
            fingerprint=version.fingerprint,
            before=before,
            after=version.text,
            reason=reason,
        )

    def _fact(self, action: str, subject: str, **values: str | int | None) -> AuditFact:
        return self.origin.fact(action, subject, self.clock(), system=self.system, **values)


def system_name(url: str) -> str:
    """Return what a registry is called in the ledger: its URL, without the port where that is drawn at each start."""
    parts = urlsplit(url)
    if parts.hostname in _LOOPBACK:
        return f"{parts.scheme}://loopback{parts.path}".rstrip("/")
    return url.rstrip("/")
