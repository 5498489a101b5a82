"""The registry's state in one SQLite file (or in memory): schemas, versions of subjects, settings.

A registration is acknowledged only after its transaction is on disk (WAL with full synchronisation), so no kill loses
one. One connection serves all threads behind one lock: writes are few, and a reader never sees half of a change.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Literal, NamedTuple, get_args

from gridctl.contracts.registry import SchemaReference

LAYOUT = 1
GLOBAL = ""  # the scope of global settings; no subject has the empty name

_TABLES = """
CREATE TABLE schemas (id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, text TEXT NOT NULL);
CREATE TABLE schema_references (
  schema_id INTEGER NOT NULL REFERENCES schemas (id) ON DELETE CASCADE, position INTEGER NOT NULL,
  name TEXT NOT NULL, subject TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (schema_id, position)
);
CREATE TABLE versions (
  subject TEXT NOT NULL, version INTEGER NOT NULL, schema_id INTEGER NOT NULL REFERENCES schemas (id),
  deleted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (subject, version)
);
CREATE INDEX versions_by_schema ON versions (schema_id);
CREATE TABLE levels (scope TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE modes (scope TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE cluster (id TEXT NOT NULL);
INSERT INTO cluster VALUES (lower(hex(randomblob(8))));
"""

Table = Literal["levels", "modes"]
_STATEMENTS = {
    table: [
        sql.format(table)
        for sql in (
            "SELECT value FROM {} WHERE scope = ?",
            "INSERT OR REPLACE INTO {} VALUES (?, ?)",
            "DELETE FROM {} WHERE scope = ?",
        )
    ]
    for table in get_args(Table)
}


class StoredSchema(NamedTuple):
    """A schema as the registry keeps it: its canonical text, and the references it was registered with."""

    schema_id: int
    text: str
    references: tuple[SchemaReference, ...]


class StoredVersion(NamedTuple):
    """One version of one subject."""

    subject: str
    version: int
    schema_id: int
    deleted: bool


class Store:
    """Every method is one step; `transaction` makes several of them one. Raises sqlite3.Error."""

    def __init__(self, path: Path | None) -> None:
        self._lock = RLock()
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        try:
            self._open()
        except BaseException:
            self._db.close()
            raise

    def _open(self) -> None:
        self._db.execute("PRAGMA busy_timeout = 5000")
        layout = self._db.execute("PRAGMA user_version").fetchone()[0]
        if layout > LAYOUT:
            raise sqlite3.DatabaseError(f"layout {layout} is newer than this version's {LAYOUT}")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        if layout == 0:
            self._db.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {LAYOUT};COMMIT;")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what happens inside one step: all of it, and on disk, or nothing. Does not nest."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    @property
    def cluster_id(self) -> str:
        """What tells this registry from others; it stays with the file."""
        return str(self._rows("SELECT id FROM cluster")[0][0])

    # Schemas

    def schema(self, schema_id: int) -> StoredSchema | None:
        """Return the schema of an id that some version, soft-deleted or not, still has."""
        rows = self._rows(
            "SELECT text FROM schemas WHERE id = ? AND EXISTS (SELECT 1 FROM versions WHERE schema_id = id)", schema_id
        )
        return StoredSchema(schema_id, rows[0][0], self._references(schema_id)) if rows else None

    def _references(self, schema_id: int) -> tuple[SchemaReference, ...]:
        rows = self._rows(
            "SELECT name, subject, version FROM schema_references WHERE schema_id = ? ORDER BY position", schema_id
        )
        return tuple(SchemaReference(*row) for row in rows)

    def id_of(self, digest: str) -> int | None:
        """Return the id that content once got; it keeps it, even when its last version is gone."""
        rows = self._rows("SELECT id FROM schemas WHERE digest = ?", digest)
        return rows[0][0] if rows else None

    def max_id(self) -> int:
        """Return the greatest id given so far; 0 when none was."""
        return int(self._rows("SELECT coalesce(max(id), 0) FROM schemas")[0][0])

    def add_schema(self, schema_id: int, digest: str, text: str, references: Sequence[SchemaReference]) -> None:
        """Keep a schema under an id that is free."""
        self._rows("INSERT INTO schemas (id, digest, text) VALUES (?, ?, ?)", schema_id, digest, text)
        for position, reference in enumerate(references):
            self._rows("INSERT INTO schema_references VALUES (?, ?, ?, ?, ?)", schema_id, position, *reference)

    def free_id(self, schema_id: int) -> bool:
        """Forget the schema of an id if no version has it; say whether the id is free now."""
        self._rows("DELETE FROM schemas WHERE id = ? AND id NOT IN (SELECT schema_id FROM versions)", schema_id)
        return not self._rows("SELECT id FROM schemas WHERE id = ?", schema_id)

    def referrers(self, subject: str, version: int) -> list[int]:
        """Return the ids of schemas with a live version that reference this version, ascending."""
        rows = self._rows(
            "SELECT DISTINCT r.schema_id FROM schema_references r JOIN versions v ON v.schema_id = r.schema_id "
            "WHERE v.deleted = 0 AND r.subject = ? AND r.version = ? ORDER BY 1",
            subject,
            version,
        )
        return [row[0] for row in rows]

    # Versions

    def versions(self, subject: str) -> list[StoredVersion]:
        """Return all versions of a subject, soft-deleted ones included, oldest first."""
        return self._versions("WHERE subject = ?", subject)

    def versions_of_schema(self, schema_id: int) -> list[StoredVersion]:
        """Return all versions that hold a schema, soft-deleted ones included."""
        return self._versions("WHERE schema_id = ?", schema_id)

    def all_versions(self, prefix: str = "") -> list[StoredVersion]:
        """Return all versions of the subjects whose names start with the prefix."""
        return self._versions("WHERE substr(subject, 1, length(?)) = ?", prefix, prefix)

    def _versions(self, where: str, *values: object) -> list[StoredVersion]:
        rows = self._rows(
            f"SELECT subject, version, schema_id, deleted FROM versions {where} ORDER BY subject, version",  # noqa: S608 -- the condition is one of three literals above
            *values,
        )
        return [
            StoredVersion(subject, version, schema_id, bool(deleted)) for subject, version, schema_id, deleted in rows
        ]

    def add_version(self, subject: str, version: int, schema_id: int) -> None:
        """Add a version that is not there."""
        self._rows("INSERT INTO versions (subject, version, schema_id) VALUES (?, ?, ?)", subject, version, schema_id)

    def mark_deleted(self, subject: str, version: int) -> None:
        """Soft-delete a version."""
        self._rows("UPDATE versions SET deleted = 1 WHERE subject = ? AND version = ?", subject, version)

    def drop_version(self, subject: str, version: int) -> None:
        """Delete a version for good; its schema keeps its id."""
        self._rows("DELETE FROM versions WHERE subject = ? AND version = ?", subject, version)

    # Settings

    def setting(self, table: Table, scope: str) -> str | None:
        """Return the level or mode that a subject, or GLOBAL, has of its own, if any."""
        select, _, _ = _STATEMENTS[table]
        rows = self._rows(select, scope)
        return rows[0][0] if rows else None

    def set_setting(self, table: Table, scope: str, value: str | None) -> None:
        """Set a level or mode; None takes it away."""
        _, replace, delete = _STATEMENTS[table]
        if value is None:
            self._rows(delete, scope)
        else:
            self._rows(replace, scope, value)
