"""Compatibility levels and modes: a subject's own, else the global one, else the default."""

from enum import StrEnum
from typing import TypeVar

from gridctl.avro import Level
from gridctl.local.registry.errors import ApiError, Problem
from gridctl.local.registry.store import GLOBAL, Store, Table

_E = TypeVar("_E", bound=StrEnum)

DEFAULT_LEVEL = Level.BACKWARD_TRANSITIVE


class Mode(StrEnum):
    """What may be done to a subject."""

    READWRITE = "READWRITE"
    READONLY = "READONLY"
    READONLY_OVERRIDE = "READONLY_OVERRIDE"
    IMPORT = "IMPORT"
    FORWARD = "FORWARD"


class Settings:
    """Reads and changes levels and modes. The scope GLOBAL stands for all subjects without a setting."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def level(self, scope: str, *, inherit: bool) -> Level:
        """Return the level of a scope; 40408 when a subject has none and may not inherit."""
        own = self._store.setting("levels", scope)
        if own is None and scope != GLOBAL and not inherit:
            raise ApiError(Problem.LEVEL_NOT_CONFIGURED, subject=scope)
        return Level(own or self._store.setting("levels", GLOBAL) or DEFAULT_LEVEL)

    def set_level(self, scope: str, name: object) -> Level:
        """Set the level of a scope; 42203 when it is not one of the seven."""
        level = _named(Level, name, Problem.INVALID_LEVEL)
        with self._store.transaction():
            self._store.set_setting("levels", scope, level)
        return level

    def drop_level(self, scope: str) -> Level:
        """Return a scope to what it inherits, and return the level that it had; 40401 when it had none."""
        return Level(self._drop("levels", scope) or DEFAULT_LEVEL)

    def mode(self, scope: str, *, inherit: bool) -> Mode:
        """Return the mode of a scope; 40409 when a subject has none and may not inherit."""
        general = Mode(self._store.setting("modes", GLOBAL) or Mode.READWRITE)
        own = self._store.setting("modes", scope)
        if inherit and general is Mode.READONLY_OVERRIDE:
            return general
        if own is None and scope != GLOBAL and not inherit:
            raise ApiError(Problem.MODE_NOT_CONFIGURED, subject=scope)
        return Mode(own) if own else general

    def set_mode(self, scope: str, name: object, *, force: bool) -> Mode:
        """Set the mode of a scope; 42204 when the mode does not exist, 42205 when IMPORT meets live subjects.

        IMPORT starts from nothing: what is soft-deleted in its scope is forgotten.
        """
        mode = _named(Mode, name, Problem.INVALID_MODE)
        with self._store.transaction():
            if mode is Mode.IMPORT and self.mode(scope, inherit=True) is not Mode.IMPORT and not force:
                self._empty(scope)
            self._store.set_setting("modes", scope, mode)
        return mode

    def drop_mode(self, scope: str) -> Mode:
        """Return a scope to what it inherits, and return the mode that it had; 40401 when it had none."""
        return Mode(self._drop("modes", scope) or Mode.READWRITE)

    def _drop(self, table: Table, scope: str) -> str | None:
        with self._store.transaction():
            own = self._store.setting(table, scope)
            if own is None and scope != GLOBAL:
                raise ApiError(Problem.SUBJECT_NOT_FOUND, subject=scope)
            self._store.set_setting(table, scope, None)
        return own

    def forget(self, subject: str) -> None:
        """Drop the settings of a subject that has just lost its last version; inside a transaction."""
        self._store.set_setting("levels", subject, None)
        self._store.set_setting("modes", subject, None)

    def require_writable(self, subject: str) -> Mode:
        """Return the mode that holds for a subject; 42205 when nothing may be written."""
        mode = self.mode(subject, inherit=True)
        if mode in (Mode.READONLY, Mode.READONLY_OVERRIDE):
            raise ApiError(Problem.READ_ONLY, subject=subject)
        return mode

    def _empty(self, scope: str) -> None:
        versions = self._store.all_versions() if scope == GLOBAL else self._store.versions(scope)
        if any(not version.deleted for version in versions):
            raise ApiError(Problem.IMPORT_INTO_EXISTING)
        for version in versions:
            self._store.drop_version(version.subject, version.version)


def _named(kind: type[_E], name: object, problem: Problem) -> _E:
    if not isinstance(name, str) or name.upper() not in kind.__members__:
        raise ApiError(problem)
    return kind(name.upper())
