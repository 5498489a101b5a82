"""The registry port over HTTP, for every registry with Confluent's API: ours, Confluent's, Karapace, Apicurio."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Self, TypeVar

from gridctl.adapters.registry_http import RegistryAnswerError, RegistryHttp, RegistryOptions, path_of
from gridctl.contracts.registry import SchemaReference, SchemaVersion
from gridctl.errors import Unavailable
from gridctl.governance.check_registry import Opinion

__all__ = ["HttpRegistry", "RegistryOptions"]

_T = TypeVar("_T")


class HttpRegistry:
    """Implements SchemaRegistry, and Judge for the gates. A context manager.

    The schema of an id never changes, so it is asked for once.
    """

    def __init__(self, options: RegistryOptions) -> None:
        self._http = RegistryHttp(options)
        self._texts: dict[int, str] = {}

    @property
    def url(self) -> str:
        """The registry's URL, without credentials."""
        return self._http.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def find(self, subject: str, schema: str) -> SchemaVersion | None:
        """Return the version of the subject that holds this schema, or None; raise Unavailable."""
        try:
            found = self._http.call("POST", path_of("subjects", subject), {"schema": schema})
        except RegistryAnswerError as error:
            if error.is_absent and not error.is_unknown_schema:
                return None
            if error.is_unknown_schema or error.is_unreadable_schema:
                # It may use types of other subjects, which a look-up by text alone cannot resolve.
                return next((known for known in self.versions(subject) if _same(known.schema, schema)), None)
            raise self._http.translate(error, f"looking a schema up under {subject}") from error
        return self._version(found)

    def schema_by_id(self, schema_id: int) -> str | None:
        """Return the schema text of an id, or None when the registry does not know it; raise Unavailable."""
        if schema_id not in self._texts:
            found = self._ask(f"reading schema {schema_id}", path_of("schemas", "ids", schema_id))
            if found is None:
                return None
            self._texts[schema_id] = self._typed(found, "schema", str)
        return self._texts[schema_id]

    def subjects(self) -> list[str]:
        """Return all subjects, sorted."""
        found = self._ask("listing the subjects", path_of("subjects"))
        return sorted(self._list_of(found or [], str))

    def versions(self, subject: str) -> list[SchemaVersion]:
        """Return all versions of a subject, oldest first; empty when there is none."""
        numbers = self._ask(f"listing the versions of {subject}", path_of("subjects", subject, "versions"))
        found = (
            self._ask(f"reading {subject} version {number}", path_of("subjects", subject, "versions", number))
            for number in sorted(self._list_of(numbers or [], int))
        )
        # One that is gone between the two questions was deleted meanwhile.
        return [self._version(document) for document in found if document is not None]

    def register(self, subject: str, schema: str, references: Sequence[SchemaReference] = ()) -> SchemaVersion:
        """Register, or return the version that holds the schema; ViolationFound when incompatible."""
        body: dict[str, Any] = {"schema": schema}
        if references:
            body["references"] = [reference._asdict() for reference in references]
        what = f"registering a schema under {subject}"
        try:
            self._http.call("POST", path_of("subjects", subject, "versions"), body)
            return self._version(self._http.call("POST", path_of("subjects", subject), body))
        except RegistryAnswerError as error:
            raise self._http.translate(error, what) from error

    def level(self, subject: str) -> str | None:
        """Return the subject's own compatibility level, or None when it has none."""
        found = self._ask(f"reading the level of {subject}", path_of("config", subject))
        return None if found is None else self._typed(found, "compatibilityLevel", str)

    def effective_level(self, subject: str) -> str:
        """Return the level that holds for a subject, its own or the global one; raise Unavailable."""
        path = path_of("config", subject) + "?defaultToGlobal=true"
        found = self._ask(f"reading the level of {subject}", path)
        return self._typed(found, "compatibilityLevel", str)

    def opinion(
        self, subject: str, version: int, schema: str, references: Sequence[SchemaReference] = ()
    ) -> Opinion | None:
        """Return whether the schema is compatible with that version under the effective level; raise Unavailable.

        None where the registry cannot judge a schema that refers to others.
        """
        body = {"schema": schema, "references": [reference._asdict() for reference in references]}
        path = path_of("compatibility", "subjects", subject, "versions", version) + "?verbose=true"
        try:
            found = self._http.call("POST", path, body)
        except RegistryAnswerError as error:
            if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                # What it takes for no schema it would not register; but Apicurio resolves no references here.
                return None if references else Opinion(compatible=False, reasons=(error.message,))
            raise self._http.translate(error, f"asking about {subject} version {version}") from error
        reasons = found.get("messages") if isinstance(found, dict) else None
        words = tuple(str(reason) for reason in reasons) if isinstance(reasons, list) else ()
        return Opinion(self._typed(found, "is_compatible", bool), words)

    def set_level(self, subject: str, level: str) -> None:
        """Set the subject's own compatibility level."""
        try:
            self._http.call("PUT", path_of("config", subject), {"compatibility": level})
        except RegistryAnswerError as error:
            raise self._http.translate(error, f"setting the level of {subject} to {level}") from error

    def _ask(self, what: str, path: str) -> Any:
        """Return the answer to a GET, or None when the registry says that it is not there."""
        try:
            return self._http.call("GET", path)
        except RegistryAnswerError as error:
            if error.is_absent:
                return None
            raise self._http.translate(error, what) from error

    def _version(self, document: Any) -> SchemaVersion:
        references = tuple(
            SchemaReference(
                self._typed(entry, "name", str), self._typed(entry, "subject", str), self._typed(entry, "version", int)
            )
            for entry in (document.get("references") if isinstance(document, dict) else None) or ()
        )
        return SchemaVersion(
            self._typed(document, "subject", str),
            self._typed(document, "version", int),
            self._typed(document, "id", int),
            self._typed(document, "schema", str),
            references,
        )

    def _typed(self, document: Any, field: str, kind: type[_T]) -> _T:
        value = document.get(field) if isinstance(document, dict) else None
        if not isinstance(value, kind):
            raise self._misshapen(f"no {field}")
        return value

    def _list_of(self, document: Any, kind: type[_T]) -> list[_T]:
        if not isinstance(document, list) or not all(isinstance(entry, kind) for entry in document):
            raise self._misshapen("no list")
        return document

    def _misshapen(self, what: str) -> Unavailable:
        return Unavailable(
            f"the registry {self.url} gives an answer that is not as Confluent's API has it: {what}",
            next_step="check that the URL ends at the registry's API, for example /apis/ccompat/v7 for Apicurio",
        )


def _same(left: str, right: str) -> bool:
    try:
        return bool(json.loads(left) == json.loads(right))
    except ValueError:
        return False
