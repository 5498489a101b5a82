"""The resources about schemas, subjects and compatibility: a request in, a JSON document out."""

from typing import Any

from gridctl.avro import Level
from gridctl.local.registry.changes import Changes
from gridctl.local.registry.errors import ApiError, Problem
from gridctl.local.registry.lookup import LATEST, Lookup, objections
from gridctl.local.registry.settings import Settings
from gridctl.local.registry.store import StoredSchema, StoredVersion
from gridctl.local.registry.wire import Call, SchemaBody

ALL_SUBJECTS = ":*:"


class Resources:
    """One method a resource and verb; raises ApiError."""

    def __init__(self, lookup: Lookup, settings: Settings, changes: Changes) -> None:
        self._lookup = lookup
        self._store = lookup.store
        self._settings = settings
        self._changes = changes

    # /schemas

    def types(self, _call: Call) -> Any:
        """GET /schemas/types."""
        return ["AVRO"]

    def schemas(self, call: Call) -> Any:
        """GET /schemas."""
        versions = self._listed(call)
        if call.flag("latestOnly"):
            versions = list({version.subject: version for version in versions}.values())
        return [self._shown(version) for version in call.page(versions)]

    def schema(self, call: Call) -> Any:
        """GET /schemas/ids/{id}."""
        shown = _content(self._lookup.schema(call.schema_id))
        return {**shown, "maxId": self._store.max_id()} if call.flag("fetchMaxId") else shown

    def schema_text(self, call: Call) -> Any:
        """GET /schemas/ids/{id}/schema."""
        return self._lookup.schema(call.schema_id).text.encode()

    def schema_versions(self, call: Call) -> Any:
        """GET /schemas/ids/{id}/versions."""
        return [{"subject": version.subject, "version": version.version} for version in self._holders(call)]

    def schema_subjects(self, call: Call) -> Any:
        """GET /schemas/ids/{id}/subjects."""
        return list(dict.fromkeys(version.subject for version in self._holders(call)))

    def _holders(self, call: Call) -> list[StoredVersion]:
        schema = self._lookup.schema(call.schema_id)
        wanted = call.text("subject", "")
        holders = [
            version
            for version in self._store.versions_of_schema(schema.schema_id)
            if (call.flag("deleted") or not version.deleted) and wanted in ("", version.subject)
        ]
        return call.page(holders)

    # /subjects

    def subjects(self, call: Call) -> Any:
        """GET /subjects."""
        return call.page(list(dict.fromkeys(version.subject for version in self._listed(call))))

    def _listed(self, call: Call) -> list[StoredVersion]:
        prefix = call.text("subjectPrefix", ALL_SUBJECTS)
        versions = self._store.all_versions("" if prefix == ALL_SUBJECTS else prefix)
        if call.flag("deletedOnly"):
            live = {version.subject for version in versions if not version.deleted}
            return [version for version in versions if version.subject not in live]
        return [version for version in versions if call.flag("deleted") or not version.deleted]

    def look_up(self, call: Call) -> Any:
        """POST /subjects/{subject}: a schema that cannot be read is a fault (500), as peers' clients expect."""
        body, subject, deleted = SchemaBody(call), call.subject, call.flag("deleted")
        if not any(deleted or not version.deleted for version in self._store.versions(subject)):
            raise ApiError(Problem.SUBJECT_NOT_FOUND, subject=subject)
        try:
            body.require_avro()
            candidate = self._lookup.candidate(body.schema, body.references, normalize=call.flag("normalize"))
        except ApiError:
            raise ApiError(Problem.LOOKUP_FAILED, subject=subject) from None
        found = self._changes.find(subject, candidate, deleted=deleted)
        if found is None:
            raise ApiError(Problem.SCHEMA_NOT_FOUND)
        return self._shown(found)

    def delete_subject(self, call: Call) -> Any:
        """DELETE /subjects/{subject}."""
        return self._changes.delete_subject(call.subject, permanent=call.flag("permanent"))

    def versions(self, call: Call) -> Any:
        """GET /subjects/{subject}/versions."""
        known, only = self._store.versions(call.subject), call.flag("deletedOnly")
        if not any(only or call.flag("deleted") or not version.deleted for version in known):
            raise ApiError(Problem.SUBJECT_NOT_FOUND, subject=call.subject)
        shown = [
            version.version
            for version in known
            if (version.deleted if only else call.flag("deleted") or not version.deleted)
        ]
        return call.page(shown)

    def register(self, call: Call) -> Any:
        """POST /subjects/{subject}/versions."""
        body, subject = SchemaBody(call), call.subject
        body.require_avro()
        return {
            "id": self._changes.register(
                subject,
                body.schema,
                body.references,
                normalize=call.flag("normalize"),
                schema_id=body.schema_id,
                version=body.version,
            )
        }

    def version(self, call: Call) -> Any:
        """GET /subjects/{subject}/versions/{version}."""
        return self._shown(self._asked(call))

    def version_text(self, call: Call) -> Any:
        """GET /subjects/{subject}/versions/{version}/schema."""
        return self._lookup.schema(self._asked(call).schema_id).text.encode()

    def referenced_by(self, call: Call) -> Any:
        """GET /subjects/{subject}/versions/{version}/referencedby."""
        version = self._lookup.version(call.subject, call.version, deleted=True)
        return self._store.referrers(version.subject, version.version)

    def delete_version(self, call: Call) -> Any:
        """DELETE /subjects/{subject}/versions/{version}."""
        return self._changes.delete_version(
            call.subject, call.version, call.version_text, permanent=call.flag("permanent")
        )

    def _asked(self, call: Call) -> StoredVersion:
        return self._lookup.version(call.subject, call.version, deleted=call.flag("deleted"))

    def _shown(self, version: StoredVersion) -> dict[str, Any]:
        named = {"subject": version.subject, "version": version.version, "id": version.schema_id}
        return {**named, **_content(self._lookup.schema(version.schema_id))}

    # /compatibility

    def compatible_with_all(self, call: Call) -> Any:
        """POST /compatibility/subjects/{subject}/versions: what a registration would be judged by."""
        return self._judge(call, self._lookup.live(call.subject))

    def compatible_with_one(self, call: Call) -> Any:
        """POST /compatibility/subjects/{subject}/versions/{version}."""
        live = self._lookup.live(call.subject)
        wanted = live[-1:] if call.version == LATEST else [entry for entry in live if entry.version == call.version]
        if not wanted and call.version != LATEST:
            raise ApiError(Problem.VERSION_NOT_FOUND, version=call.version)
        return self._judge(call, wanted)

    def _judge(self, call: Call, history: list[StoredVersion]) -> Any:
        body = SchemaBody(call)
        level: Level = self._settings.level(call.subject, inherit=True)
        try:
            body.require_avro()
            candidate = self._lookup.candidate(body.schema, body.references, normalize=call.flag("normalize"))
            found = objections(self._lookup, level, candidate, history)
        except ApiError as error:
            if not call.flag("verbose"):
                raise
            found = [error.message]
        return {"is_compatible": not found, **({"messages": found} if call.flag("verbose") else {})}


def _content(schema: StoredSchema) -> dict[str, Any]:
    shown: dict[str, Any] = {"schema": schema.text}
    if schema.references:
        shown["references"] = [reference._asdict() for reference in schema.references]
    return shown
