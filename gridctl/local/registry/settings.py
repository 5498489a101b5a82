"""Compatibility levels and modes: a subject's own, else the global one, else the default."""

from enum import StrEnum

from gridctl.avro import Level
from gridctl.local.registry.errors import ApiError, Problem
from gridctl.local.registry.store import GLOBAL, Store

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

    # Levels

    def level(self, scope: str, *, inherit: bool) -> Level:
        """Return the level of a scope; 40408 when a subject has none and may not inherit."""
        own = self._store.level(scope)
        if own is None and scope != GLOBAL and not inherit:
            raise ApiError(Problem.LEVEL_NOT_CONFIGURED, subject=scope)
        return Level(own or self._store.level(GLOBAL) or DEFAULT_LEVEL)

    def set_level(self, scope: str, name: object) -> Level:
        """Set the level of a scope; 42203 when it is none of the seven."""
        if not isinstance(name, str) or name.upper() not in Level.__members__:
            raise ApiError(Problem.INVALID_LEVEL)
        level = Level(name.upper())
        with self._store.transaction():
            self._store.set_level(scope, level)
        return level

    def drop_level(self, scope: str) -> Level:
        """Return a scope to what it inherits, and return the level that it had; 40401 when it had none."""
        with self._store.transaction():
            own = self._store.level(scope)
            if own is None and scope != GLOBAL:
                raise ApiError(Problem.SUBJECT_NOT_FOUND, subject=scope)
            self._store.set_level(scope, None)
        return Level(own or DEFAULT_LEVEL)

    # Modes

    def mode(self, scope: str, *, inherit: bool) -> Mode:
        """Return the mode of a scope; 40409 when a subject has none and may not inherit."""
        general = Mode(self._store.mode(GLOBAL) or Mode.READWRITE)
        own = self._store.mode(scope)
        if inherit and general is Mode.READONLY_OVERRIDE:
            return general
        if own is None and scope != GLOBAL and not inherit:
            raise ApiError(Problem.MODE_NOT_CONFIGURED, subject=scope)
        return Mode(own) if own else general

    def set_mode(self, scope: str, name: object, *, force: bool) -> Mode:
        """Set the mode of a scope; 42204 when the mode does not exist, 42205 when IMPORT meets live subjects.

        IMPORT starts from nothing: what is soft-deleted in its scope is forgotten.
        """
        if not isinstance(name, str) or name.upper() not in Mode.__members__:
            raise ApiError(Problem.INVALID_MODE)
        mode = Mode(name.upper())
        with self._store.transaction():
            if mode is Mode.IMPORT and self.mode(scope, inherit=True) is not Mode.IMPORT and not force:
                self._empty(scope)
            self._store.set_mode(scope, mode)
        return mode

    def drop_mode(self, scope: str) -> Mode:
        """Return a scope to what it inherits, and return the mode that it had; 40401 when it had none."""
        with self._store.transaction():
            own = self._store.mode(scope)
            if own is None and scope != GLOBAL:
                raise ApiError(Problem.SUBJECT_NOT_FOUND, subject=scope)
            self._store.set_mode(scope, None)
        return Mode(own or Mode.READWRITE)

    def forget(self, subject: str) -> None:
        """Drop the settings of a subject that has just lost its last version; inside a transaction."""
        self._store.set_level(subject, None)
        self._store.set_mode(subject, None)

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
