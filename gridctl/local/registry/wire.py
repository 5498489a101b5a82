"""HTTP details that all resources share: media types, bodies, parameters, answers."""

import json
from collections.abc import Awaitable, Callable, Collection
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gridctl.contracts.registry import SchemaReference
from gridctl.local.registry.errors import ApiError, Problem
from gridctl.local.registry.lookup import LATEST, VERSION_MAX
from gridctl.local.registry.store import GLOBAL

MEDIA_TYPES = ("application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry+json", "application/json")
DEFAULT_MEDIA_TYPE = MEDIA_TYPES[0]
_BODY_TYPES = (*MEDIA_TYPES, "application/octet-stream")
BODY_MAX_BYTES = 8 * 1024 * 1024
# `{subject}/versions` may hold what a subject's name may not.
_RESERVED_SUBJECTS = frozenset(("__GLOBAL", "__EMPTY"))


class Call:
    """One request with its body read: what a handler needs, checked where it is asked for."""

    def __init__(self, request: Request, body: bytes) -> None:
        self._request = request
        self._body = body

    # Parameters

    @property
    def subject(self) -> str:
        """The subject of the path; 42208 when it is not a valid name."""
        subject = unquote(self._request.path_params["subject"]).removeprefix(":.:")
        if not subject.strip() or subject in _RESERVED_SUBJECTS or not all(map(_is_no_control, subject)):
            raise ApiError(Problem.INVALID_SUBJECT, subject=subject)
        return subject

    @property
    def scope(self) -> str:
        """The subject of the path, or GLOBAL where the path has none."""
        return self.subject if "subject" in self._request.path_params else GLOBAL

    @property
    def version_text(self) -> str:
        """The version of the path as it was written."""
        return unquote(self._request.path_params["version"])

    @property
    def version(self) -> int:
        """The version of the path, LATEST for `latest`; 42202 when it is neither a number nor that."""
        text = self.version_text
        if text in ("latest", "-1"):
            return LATEST
        if not (
            text.isascii() and text.isdigit() and 1 <= int(text[:11]) <= VERSION_MAX and len(text) <= len("2147483647")
        ):
            raise ApiError(Problem.INVALID_VERSION, version=text)
        return int(text)

    @property
    def schema_id(self) -> int:
        """The id of the path; a plain 404 when it is not a number."""
        text = self._request.path_params["id"]
        if not (text.isascii() and text.removeprefix("-").isdigit() and abs(int(text[:12])) <= VERSION_MAX):
            raise ApiError(Problem.NOT_FOUND)
        return int(text)

    def flag(self, name: str) -> bool:
        """Return a boolean query parameter; anything but `true` is false, as in Java."""
        return self._request.query_params.get(name, "").lower() == "true"

    def text(self, name: str, default: str) -> str:
        """Return a query parameter."""
        return self._request.query_params.get(name, default)

    def page(self, items: list[Any]) -> list[Any]:
        """Cut a list by `offset` and `limit`; below 0 there is no limit."""
        offset, limit = max(0, self._number("offset", 0)), self._number("limit", -1)
        return items[offset:] if limit < 0 else items[offset : offset + limit]

    def _number(self, name: str, default: int) -> int:
        text = self._request.query_params.get(name)
        if text is None:
            return default
        try:
            return int(text)
        except ValueError:
            raise ApiError(Problem.NOT_FOUND) from None  # as a path that does not fit: Confluent's answer

    # Body

    def fields(self, known: Collection[str], unsupported: Collection[str] = ()) -> dict[str, Any]:
        """Return the JSON object of the body; 422 for a field that is not known."""
        media_type, _, parameters = self._request.headers.get("content-type", "").partition(";")
        if media_type.strip() and media_type.strip().lower() not in _BODY_TYPES:
            raise ApiError(Problem.UNSUPPORTED_MEDIA_TYPE)
        document = _load(self._body, _charset(parameters))
        if document is None:
            raise ApiError(Problem.NO_BODY)
        if not isinstance(document, dict):
            raise ApiError(Problem.INTERNAL)
        for field, value in document.items():
            if field in unsupported and value:
                raise ApiError(Problem.UNSUPPORTED_FIELD, field=field)
            if field not in known and field not in unsupported:
                raise ApiError(Problem.UNRECOGNIZED_FIELD, field=field)
        return document


def _is_no_control(character: str) -> bool:
    return character >= " " and not "\x7f" <= character <= "\x9f"


def _charset(parameters: str) -> str:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"')
    return "utf-8"


def _load(body: bytes, charset: str) -> Any:
    try:
        text = body.decode(charset)
        if not text.strip():
            return None
        document = json.loads(text)
        json.dumps(document, ensure_ascii=False).encode()  # refuses half of a surrogate pair, which nothing can store
        return document  # noqa: TRY300 -- what reads on is what was checked
    except LookupError:
        raise ApiError(Problem.UNSUPPORTED_MEDIA_TYPE) from None
    except (ValueError, RecursionError) as error:
        raise ApiError(Problem.MALFORMED, details=str(error)) from None


class SchemaBody:
    """The body that registers, looks up or tests a schema."""

    KNOWN = ("schema", "schemaType", "references", "id", "version")
    UNSUPPORTED = ("metadata", "ruleSet", "schemaTagsToAdd", "schemaTagsToRemove", "propagateSchemaTags")

    def __init__(self, call: Call) -> None:
        fields = call.fields(self.KNOWN, self.UNSUPPORTED)
        self.schema: str | None = _typed(fields, "schema", str)
        self.schema_type: str = _typed(fields, "schemaType", str) or "AVRO"
        self.references = tuple(map(_reference, _typed(fields, "references", list) or ()))
        self.schema_id: int | None = _given(_typed(fields, "id", int), 0)
        self.version: int | None = _given(_typed(fields, "version", int), 1)

    def require_avro(self) -> None:
        """Refuse the other types of schema; 42201."""
        if self.schema_type != "AVRO":
            raise ApiError(Problem.INVALID_SCHEMA_TYPE, schema_type=self.schema_type)


def _given(number: int | None, least: int) -> int | None:
    # Clients send -1 or 0 for "not given".
    return number if number is not None and number >= least else None


def _typed(fields: dict[str, Any], name: str, kind: type) -> Any:
    value = fields.get(name)
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):
        raise ApiError(Problem.MALFORMED, details=f"{name} must be of type {kind.__name__}")
    return value


def _reference(entry: Any) -> SchemaReference:
    if not isinstance(entry, dict):
        raise ApiError(Problem.MALFORMED, details="a reference must be an object")
    for field in entry:
        if field not in SchemaReference._fields:
            raise ApiError(Problem.UNRECOGNIZED_FIELD, field=field)
    name, subject, version = (_typed(entry, "name", str), _typed(entry, "subject", str), _typed(entry, "version", int))
    if name is None or subject is None or version is None:
        raise ApiError(Problem.MALFORMED, details="a reference needs name, subject and version")
    return SchemaReference(name, subject, version)


def answer(request: Request, document: Any, status: int = 200) -> Response:
    """Return a JSON answer in the media type that the client likes best."""
    media_type = accepted(request.headers.get("accept", "")) or DEFAULT_MEDIA_TYPE
    body = document if isinstance(document, bytes) else json.dumps(document, separators=(",", ":")).encode()
    # Starlette adds a charset only to text types, so the header is exactly the media type.
    return Response(body, status, media_type=media_type)


def accepted(header: str) -> str | None:
    """Return our media type that fits an Accept header best, or None; no header accepts all."""
    if not header.strip():
        return DEFAULT_MEDIA_TYPE
    best: tuple[float, int] | None = None
    for part in header.split(","):
        wanted, *parameters = (piece.strip() for piece in part.split(";"))
        weight = _weight(parameters)
        for rank, media_type in enumerate(MEDIA_TYPES):
            if weight > 0 and _fits(wanted.lower(), media_type) and (best is None or (-weight, rank) < best):
                best = (-weight, rank)
    return MEDIA_TYPES[best[1]] if best else None


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _fits(wanted: str, media_type: str) -> bool:
    kind, _, subtype = wanted.partition("/")
    return kind == "*" or wanted == media_type or (kind == "application" and subtype == "*")


Handler = Callable[[Call], Any]


def endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a handler, which runs in a thread, as an endpoint; what it returns is the JSON document of the answer."""

    async def run(request: Request) -> Response:
        if accepted(request.headers.get("accept", "")) is None:
            raise ApiError(Problem.NOT_ACCEPTABLE)
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_MAX_BYTES:
                raise ApiError(Problem.TOO_LARGE)
        return answer(request, await run_in_threadpool(handler, Call(request, body)))

    return run
