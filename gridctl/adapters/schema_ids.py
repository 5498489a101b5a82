"""Schema ids for the time when the registry is away: kept in a file, and verified as soon as it answers again.

What a registry said of a subject, a schema and an id never changes there, so a start needs no registry once it has had
one. Another registry under the same address has other ids: what it says differently ends the run.
"""

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Annotated, Self

from pydantic import BaseModel, Field, ValidationError

from gridctl.avro.fingerprint import fingerprint
from gridctl.contracts.registry import SchemaLookup, SchemaVersion
from gridctl.errors import GridctlError, Unavailable

VERIFY_EVERY_S = 5.0

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
        self._unverified: dict[object, Callable[[], str | None]] = {}
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
        known = self._known.ids.get(subject, {}).get(mark)
        if known is None or not self._is_away:  # one that is away is not asked for each schema
            try:
                found = self._registry.find(subject, schema)
            except Unavailable as away:
                if known is None:
                    raise
                self._warn_once(away)
            else:
                if found is not None:
                    self._keep_id(subject, mark, found)
                return found
        version, schema_id = known
        self._verify_later((subject, mark), lambda: self._judge_id(subject, schema, schema_id))
        return SchemaVersion(subject, version, schema_id, schema)

    def schema_by_id(self, schema_id: int) -> str | None:
        """Return the schema text of an id, or None when the registry does not know it; raise Unavailable."""
        known = self._known.texts.get(schema_id)
        if known is None or not self._is_away:
            try:
                found = self._registry.schema_by_id(schema_id)
            except Unavailable as away:
                if known is None:
                    raise
                self._warn_once(away)
            else:
                if found is not None:
                    self._keep_text(schema_id, found)
                return found
        self._verify_later(schema_id, lambda: self._judge_text(schema_id, known))
        return known

    def check(self) -> None:
        """Raise Unavailable once the registry has said something else than what was used."""
        if self._failure is not None:
            raise self._failure

    def _warn_once(self, away: Unavailable) -> None:
        if not self._is_away:
            self._warn(f"{away.message}; what it said before is used, and verified as soon as it answers")
        self._is_away = True

    def _verify_later(self, key: object, judge: Callable[[], str | None]) -> None:
        with self._lock:
            self._unverified[key] = judge
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
        for key, judge in list(self._unverified.items()):
            problem = judge()
            if problem:
                return problem
            del self._unverified[key]
        return None

    def _judge_id(self, subject: str, schema: str, schema_id: int) -> str | None:
        found = self._registry.find(subject, schema)
        if found is None:
            return f"{subject} was written with id {schema_id}, and it does not hold that schema"
        if found.schema_id != schema_id:
            return f"{subject} was written with id {schema_id}, and it says {found.schema_id}"
        return None

    def _judge_text(self, schema_id: int, text: str) -> str | None:
        found = self._registry.schema_by_id(schema_id)
        if found is not None and fingerprint(found) == fingerprint(text):
            return None
        return f"id {schema_id} was read with another schema than the one that it holds"

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
        written = self._path.with_suffix(f".{os.getpid()}.new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            written.write_text(self._known.model_dump_json(), encoding="utf-8")
            written.replace(self._path)
        except OSError as error:
            self._warn(f"{self._path}: cannot be written: {error.strerror}; the next start needs the registry")
