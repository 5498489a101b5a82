"""The table of resources, and below it a handler for each path and verb: a request in, a JSON document out."""

from typing import Any

from gridctl import __version__
from gridctl.avro import Level
from gridctl.local.registry.changes import Changes
from gridctl.local.registry.errors import ApiError, Problem
from gridctl.local.registry.lookup import LATEST, Lookup, objections
from gridctl.local.registry.settings import Settings
from gridctl.local.registry.store import Store, StoredSchema, StoredVersion
from gridctl.local.registry.wire import Call, Handler, SchemaBody

ALL_SUBJECTS = ":*:"
_OTHER_CONFIG = (
    *("alias", "normalize", "validateFields", "validateRules", "compatibilityGroup", "compatibilityPolicy"),
    *("defaultMetadata", "overrideMetadata", "defaultRuleSet", "overrideRuleSet"),
)


class Resources:
    """The handlers over a store; each raises ApiError."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lookup = Lookup(store)
        self._settings = Settings(store)
        self._changes = Changes(self._lookup, self._settings)

    @property
    def table(self) -> dict[str, dict[str, Handler]]:
        """The handlers by path and verb."""
        level: dict[str, Handler] = {"GET": self._level, "PUT": self._set_level, "DELETE": self._drop_level}
        mode: dict[str, Handler] = {"GET": self._mode, "PUT": self._set_mode, "DELETE": self._drop_mode}
        version = "/subjects/{subject}/versions/{version}"
        return {
            "/": {"GET": lambda _: {}, "POST": lambda _: {}},
            "/schemas": {"GET": self._schemas},
            "/schemas/types": {"GET": lambda _: ["AVRO"]},
            "/schemas/ids/{id}": {"GET": self._schema},
            "/schemas/ids/{id}/schema": {"GET": lambda call: self._lookup.schema(call.schema_id).text.encode()},
            "/schemas/ids/{id}/subjects": {"GET": self._schema_subjects},
            "/schemas/ids/{id}/versions": {"GET": self._schema_versions},
            "/subjects": {"GET": self._subjects},
            "/subjects/{subject}": {"POST": self._look_up, "DELETE": self._delete_subject},
            "/subjects/{subject}/versions": {"GET": self._versions, "POST": self._register},
            version: {"GET": lambda call: self._shown(self._asked(call)), "DELETE": self._delete_version},
            f"{version}/schema": {"GET": self._version_text},
            f"{version}/referencedby": {"GET": self._referenced_by},
            "/compatibility/subjects/{subject}/versions": {"POST": self._compatible_with_all},
            "/compatibility/subjects/{subject}/versions/{version}": {"POST": self._compatible_with_one},
            "/config": level,
            "/config/{subject}": level,
            "/mode": mode,
            "/mode/{subject}": mode,
            # Only the default context: names that start with another one are names like any other here.
            "/contexts": {"GET": lambda _: ["."]},
            "/v1/metadata/id": {"GET": self._cluster},
            "/v1/metadata/version": {"GET": lambda _: {"version": __version__, "commitId": ""}},
        }

    # /schemas

    def _schemas(self, call: Call) -> Any:
        versions = self._listed(call)
        if call.flag("latestOnly"):
            versions = list({version.subject: version for version in versions}.values())
        return [self._shown(version) for version in call.page(versions)]

    def _schema(self, call: Call) -> Any:
        shown = _content(self._lookup.schema(call.schema_id))
        return {**shown, "maxId": self._store.max_id()} if call.flag("fetchMaxId") else shown

    def _schema_versions(self, call: Call) -> Any:
        return [{"subject": version.subject, "version": version.version} for version in self._holders(call)]

    def _schema_subjects(self, call: Call) -> Any:
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

    def _subjects(self, call: Call) -> Any:
        return call.page(list(dict.fromkeys(version.subject for version in self._listed(call))))

    def _listed(self, call: Call) -> list[StoredVersion]:
        prefix = call.text("subjectPrefix", ALL_SUBJECTS)
        versions = self._store.all_versions("" if prefix == ALL_SUBJECTS else prefix)
        if call.flag("deletedOnly"):
            live = {version.subject for version in versions if not version.deleted}
            return [version for version in versions if version.subject not in live]
        return [version for version in versions if call.flag("deleted") or not version.deleted]

    def _look_up(self, call: Call) -> Any:
        body, subject, deleted = SchemaBody(call), call.subject, call.flag("deleted")
        if not self._lookup.versions(subject, deleted=deleted):
            raise ApiError(Problem.SUBJECT_NOT_FOUND, subject=subject)
        try:
            body.require_avro()
            candidate = self._lookup.candidate(body.schema, body.references, normalize=call.flag("normalize"))
        except ApiError:  # a fault (500), as peers' clients expect
            raise ApiError(Problem.LOOKUP_FAILED, subject=subject) from None
        found = self._changes.find(subject, candidate, deleted=deleted)
        if found is None:
            raise ApiError(Problem.SCHEMA_NOT_FOUND)
        return self._shown(found)

    def _delete_subject(self, call: Call) -> Any:
        return self._changes.delete_subject(call.subject, permanent=call.flag("permanent"))

    def _versions(self, call: Call) -> Any:
        only_deleted = call.flag("deletedOnly")
        known = self._lookup.versions(call.subject, deleted=only_deleted or call.flag("deleted"))
        if not known:
            raise ApiError(Problem.SUBJECT_NOT_FOUND, subject=call.subject)
        return call.page([version.version for version in known if version.deleted or not only_deleted])

    def _register(self, call: Call) -> Any:
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

    def _version_text(self, call: Call) -> Any:
        return self._lookup.schema(self._asked(call).schema_id).text.encode()

    def _referenced_by(self, call: Call) -> Any:
        version = self._lookup.version(call.subject, call.version, deleted=True)
        return self._store.referrers(version.subject, version.version)

    def _delete_version(self, call: Call) -> Any:
        return self._changes.delete_version(
            call.subject, call.version, call.version_text, permanent=call.flag("permanent")
        )

    def _asked(self, call: Call) -> StoredVersion:
        return self._lookup.version(call.subject, call.version, deleted=call.flag("deleted"))

    def _shown(self, version: StoredVersion) -> dict[str, Any]:
        named = {"subject": version.subject, "version": version.version, "id": version.schema_id}
        return {**named, **_content(self._lookup.schema(version.schema_id))}

    # /compatibility

    def _compatible_with_all(self, call: Call) -> Any:
        # What a registration would be judged by.
        return self._judge(call, self._lookup.versions(call.subject))

    def _compatible_with_one(self, call: Call) -> Any:
        live = self._lookup.versions(call.subject)
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

    # /config and /mode: of all subjects, or of one

    def _level(self, call: Call) -> Any:
        return {"compatibilityLevel": self._settings.level(call.scope, inherit=call.flag("defaultToGlobal"))}

    def _set_level(self, call: Call) -> Any:
        fields = call.fields(("compatibility",), _OTHER_CONFIG)
        return {"compatibility": self._settings.set_level(call.scope, fields.get("compatibility"))}

    def _drop_level(self, call: Call) -> Any:
        # Confluent's clients read the level that was dropped, Karapace's the one that holds now.
        dropped = self._settings.drop_level(call.scope)
        return {"compatibilityLevel": dropped, "compatibility": self._settings.level(call.scope, inherit=True)}

    def _mode(self, call: Call) -> Any:
        return {"mode": self._settings.mode(call.scope, inherit=call.flag("defaultToGlobal"))}

    def _set_mode(self, call: Call) -> Any:
        fields = call.fields(("mode",))
        return {"mode": self._settings.set_mode(call.scope, fields.get("mode"), force=call.flag("force"))}

    def _drop_mode(self, call: Call) -> Any:
        return {"mode": self._settings.drop_mode(call.scope)}

    def _cluster(self, _call: Call) -> Any:
        clusters = {"kafka-cluster": "", "schema-registry-cluster": self._store.cluster_id}
        return {"id": self._store.cluster_id, "scope": {"path": [], "clusters": clusters}}


def _content(schema: StoredSchema) -> dict[str, Any]:
    shown: dict[str, Any] = {"schema": schema.text}
    if schema.references:
        shown["references"] = [reference._asdict() for reference in schema.references]
    return shown
