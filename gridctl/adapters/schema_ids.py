"""Schema ids for the time when the registry is away: kept in a file, and verified as soon as it answers again.

What a registry said of a subject, a schema and an id never changes there, so a start needs no registry once it has had
one. Another registry under the same address has other ids: what it says differently ends the run.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError

from gridctl.avro.fingerprint import fingerprint
from gridctl.contracts.registry import SchemaLookup, SchemaVersion
from gridctl.errors import GridctlError, Unavailable, UsageProblem
from gridctl.runtime.progress import write_whole

VERIFY_EVERY_S = 5.0

_T = TypeVar("_T")
_Number = Annotated[int, Field(ge=0, lt=2**31)]


class _Known(BaseModel):
    """What one registry has said: version and id by subject and fingerprint, schema texts by id."""

    registry: str
    ids: dict[str, dict[str, tuple[_Number, _Number]]] = Field(default_factory=dict)
    texts: dict[_Number, str] = Field(default_factory=dict)


class FallbackLookup:
    """Implements SchemaLookup: asks a registry, and where that is away answers with what it said before.

    A context manager. `check` is to be called now and then: it raises once an answer of before turns out to be wrong.
    """

    def __init__(self, registry: SchemaLookup, url: str, directory: Path, warn: Callable[[str], None]) -> None:
        """Take the registry and its address, the directory of the file, and who hears warnings."""
        self._registry = registry
        self._url = url
        self._path = directory / f"schema-ids-{sha256(url.encode()).hexdigest()[:12]}.json"
        self._warn = warn
        self._known = self._read()
        self._unverified: list[Callable[[], str | None]] = []
        self._is_away = False
        self._failure: GridctlError | None = None
        self._lock = Lock()
        self._stopping = Event()
        self._verifier: Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()

    def find(self, subject: str, schema: str) -> SchemaVersion | None:
        """Return the version of the subject that holds this schema, or None; raise Unavailable where nobody knows."""
        mark = fingerprint(schema)
        kept = self._known.ids.get(subject, {}).get(mark)
        known = None if kept is None else SchemaVersion(subject, *kept, schema)
        ask, keep = partial(self._registry.find, subject, schema), partial(self._keep_id, subject, mark)
        return self._answer(known, ask, keep, _other_id)

    def schema_by_id(self, schema_id: int) -> str | None:
        """Return the schema text of an id, or None when the registry does not know it; raise Unavailable."""
        ask, keep = partial(self._registry.schema_by_id, schema_id), partial(self._keep_text, schema_id)
        return self._answer(self._known.texts.get(schema_id), ask, keep, partial(_other_text, schema_id))

    def check(self) -> None:
        """Raise Unavailable once the registry has said something else than what was used."""
        if self._failure is not None:
            raise self._failure

    def _answer(
        self,
        known: _T | None,
        ask: Callable[[], _T | None],
        keep: Callable[[_T], None],
        judge: Callable[[_T, _T | None], str | None],
    ) -> _T | None:
        """Return and keep what the registry says; where it is away, what is known, to be judged when it answers."""
        if known is None or not self._is_away:  # one that is away is not asked for each schema
            try:
                found = ask()
            except Unavailable as away:
                if known is None:
                    raise
                self._warn_once(away)
            else:
                if found is not None:
                    keep(found)
                return found
        self._verify_later(lambda: judge(known, ask()))
        return known

    def _warn_once(self, away: Unavailable) -> None:
        if not self._is_away:
            self._warn(f"{away.message}; what it said before is used, and verified as soon as it answers")
        self._is_away = True

    def _verify_later(self, judge: Callable[[], str | None]) -> None:
        with self._lock:
            self._unverified.append(judge)
            if self._verifier is None:
                self._verifier = Thread(target=self._verify, name="schema-ids", daemon=True)
                self._verifier.start()

    def _verify(self) -> None:
        while not self._stopping.wait(VERIFY_EVERY_S):
            try:
                problem = self._problem()
            except Unavailable:
                continue
            except Exception as failure:  # noqa: BLE001 -- `check` raises it where it is heard
                problem = f"unexpected {type(failure).__name__}: {failure}"
            if problem:
                self._failure = Unavailable(
                    f"the registry {self._url} is not the one of before: {problem}",
                    next_step=f"find out which registry is right; delete {self._path} if it is this one",
                )
                return
            with self._lock:
                if not self._unverified:
                    self._is_away, self._verifier = False, None
                    self._warn(f"the registry {self._url} answers again, and confirms what was used")
                    return

    def _problem(self) -> str | None:
        while self._unverified:
            problem = self._unverified[0]()
            if problem:
                return problem
            self._unverified.pop(0)
        return None

    def _keep_id(self, subject: str, mark: str, found: SchemaVersion) -> None:
        known = self._known.ids.get(subject, {}).get(mark)
        if known != (found.version, found.schema_id):
            self._forget_another(known is not None)
            self._known.ids.setdefault(subject, {})[mark] = (found.version, found.schema_id)
            self._write()

    def _keep_text(self, schema_id: int, text: str) -> None:
        known = self._known.texts.get(schema_id)
        if known != text:
            self._forget_another(known is not None and fingerprint(known) != fingerprint(text))
            self._known.texts[schema_id] = text
            self._write()

    def _forget_another(self, is_another: bool) -> None:
        if is_another:
            self._warn(f"the registry {self._url} is not the one of the last start: what that one said is forgotten")
            self._known = _Known(registry=self._url)

    def _read(self) -> _Known:
        try:
            known = _Known.model_validate_json(self._path.read_bytes())
            if known.registry == self._url:
                return known
        except FileNotFoundError:
            pass
        except (OSError, ValidationError):
            self._warn(f"{self._path}: cannot be read; it is written again from what the registry says")
        return _Known(registry=self._url)

    def _write(self) -> None:
        """Write the file, at once or not at all; of two that write, the later one's stays."""
        with suppress(OSError):  # writing says what is wrong
            self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write_whole(self._path, self._known.model_dump_json())
        except UsageProblem as error:
            self._warn(f"{error.message}; the next start needs the registry")


def _other_id(used: SchemaVersion, found: SchemaVersion | None) -> str | None:
    """Return how what the registry says differs from the id that was used, or None."""
    if found is not None and found.schema_id == used.schema_id:
        return None
    said = "does not hold that schema" if found is None else f"says {found.schema_id}"
    return f"{used.subject} was written with id {used.schema_id}, and it {said}"


def _other_text(schema_id: int, used: str, found: str | None) -> str | None:
    """Return how what the registry says differs from the schema that was used, or None."""
    if found is not None and fingerprint(found) == fingerprint(used):
        return None
    return f"id {schema_id} was read with another schema than the one that it holds"
