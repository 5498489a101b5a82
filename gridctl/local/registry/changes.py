"""Changes: registering, looking up what a registration would find, soft and permanent deletes. Each is one step."""

from collections.abc import Sequence

from gridctl.contracts.registry import SchemaReference
from gridctl.local.registry.errors import ApiError, Problem
from gridctl.local.registry.lookup import VERSION_MAX, Candidate, Lookup, objections
from gridctl.local.registry.settings import Mode, Settings
from gridctl.local.registry.store import StoredVersion

SCHEMA_MAX_CHARS = 1_000_000


class Changes:
    """Raises ApiError with Confluent's codes; nothing is changed then."""

    def __init__(self, lookup: Lookup, settings: Settings) -> None:
        self._lookup = lookup
        self._store = lookup.store
        self._settings = settings

    def find(self, subject: str, candidate: Candidate, *, deleted: bool) -> StoredVersion | None:
        """Return the newest version of the subject that holds this schema."""
        schema_id = self._store.id_of(candidate.digest)
        versions = self._lookup.versions(subject, deleted=deleted)
        return next((version for version in reversed(versions) if version.schema_id == schema_id), None)

    def register(
        self,
        subject: str,
        text: str | None,
        references: Sequence[SchemaReference] = (),
        *,
        normalize: bool = False,
        schema_id: int | None = None,
        version: int | None = None,
    ) -> int:
        """Register a schema and return its id; the same schema again changes nothing.

        `schema_id` and `version` are for subjects in IMPORT mode, where no compatibility is asked for.
        """
        if text is not None and len(text) > SCHEMA_MAX_CHARS:
            raise ApiError(Problem.SCHEMA_TOO_LARGE)
        with self._store.transaction():
            candidate = self._lookup.candidate(text, references, normalize=normalize)
            known = self.find(subject, candidate, deleted=False)
            if known is not None and schema_id in (None, known.schema_id) and version in (None, known.version):
                return known.schema_id
            self._require_mode(subject, importing=schema_id is not None or version is not None)
            if schema_id is None and version is None:
                self._require_compatible(subject, candidate)
            given = self._keep(candidate, schema_id)
            self._append(subject, given, version)
            return given

    def delete_subject(self, subject: str, *, permanent: bool) -> list[int]:
        """Delete all versions of a subject and return their numbers."""
        with self._store.transaction():
            versions = self._store.versions(subject)
            if not versions:
                raise ApiError(Problem.SUBJECT_NOT_FOUND, subject=subject)
            if not permanent:
                versions = self._lookup.versions(subject)
                if not versions:
                    raise ApiError(Problem.SUBJECT_SOFT_DELETED, subject=subject)
            self._settings.require_writable(subject)
            for version in versions:
                self._require_unreferenced(version)
                if permanent and not version.deleted:
                    raise ApiError(Problem.SUBJECT_NOT_SOFT_DELETED, subject=subject)
            for version in versions:
                self._delete(version, permanent=permanent)
            if not permanent:
                self._settings.forget(subject)
            return [version.version for version in versions]

    def delete_version(self, subject: str, number: int, shown: str, *, permanent: bool) -> int:
        """Delete one version and return its number; `shown` is the version as the request wrote it."""
        with self._store.transaction():
            version = self._lookup.version(subject, number, deleted=True)
            if version.deleted and not permanent:
                raise ApiError(Problem.VERSION_SOFT_DELETED, subject=subject, version=shown)
            self._settings.require_writable(subject)
            self._require_unreferenced(version)
            if permanent and not version.deleted:
                raise ApiError(Problem.VERSION_NOT_SOFT_DELETED, subject=subject, version=shown)
            self._delete(version, permanent=permanent)
            if not permanent and not self._lookup.versions(subject):
                self._settings.forget(subject)
            return version.version

    def _require_mode(self, subject: str, *, importing: bool) -> None:
        mode = self._settings.require_writable(subject)
        if importing and mode is not Mode.IMPORT:
            raise ApiError(Problem.NOT_IMPORT, subject=subject)
        if not importing and mode is not Mode.READWRITE:
            raise ApiError(Problem.NOT_READ_WRITE, subject=subject)

    def _require_compatible(self, subject: str, candidate: Candidate) -> None:
        level = self._settings.level(subject, inherit=True)
        found = objections(self._lookup, level, candidate, self._lookup.versions(subject))
        if found:
            raise ApiError(Problem.INCOMPATIBLE, subject=subject, details=", ".join(found))

    def _keep(self, candidate: Candidate, wanted: int | None) -> int:
        """Return the id of the content, giving it one when it has none."""
        known = self._store.id_of(candidate.digest)
        if known is not None and (wanted is None or wanted == known):
            return known
        if known is not None and not self._store.free_id(known):
            raise ApiError(Problem.ID_DOES_NOT_MATCH, known_id=known, schema_id=wanted)
        if wanted is not None and not self._store.free_id(wanted):
            raise ApiError(Problem.OVERWRITE_ID, schema_id=wanted)
        if wanted is not None:
            self._lookup.parsed.cache_clear()  # the id may have stood for another schema
        given = self._store.max_id() + 1 if wanted is None else wanted
        self._store.add_schema(given, candidate.digest, candidate.text, candidate.references)
        return given

    def _append(self, subject: str, schema_id: int, wanted: int | None) -> None:
        versions = self._store.versions(subject)
        number = wanted if wanted is not None else max((version.version for version in versions), default=0) + 1
        if number > VERSION_MAX:
            raise ApiError(Problem.INVALID_VERSION, version=number)
        for version in versions:
            if version.version == number:
                raise ApiError(Problem.OVERWRITE_VERSION, subject=subject, version=number)
            if version.deleted and version.schema_id == schema_id and version.version < number:
                # As Confluent's: the schema lives on under its new number, so the deleted one is forgotten.
                self._store.drop_version(subject, version.version)
        self._store.add_version(subject, number, schema_id)

    def _require_unreferenced(self, version: StoredVersion) -> None:
        if self._store.referrers(version.subject, version.version):
            raise ApiError(Problem.REFERENCE_EXISTS, subject=version.subject, version=version.version)

    def _delete(self, version: StoredVersion, *, permanent: bool) -> None:
        if permanent:
            self._store.drop_version(version.subject, version.version)
        else:
            self._store.mark_deleted(version.subject, version.version)
