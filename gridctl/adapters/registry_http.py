"""HTTP to a schema registry: connection, credentials, and the one place where its errors become ours."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

import httpx

from gridctl.adapters.login import Login, tls_context
from gridctl.errors import GridctlError, Unavailable, UsageProblem, ViolationFound

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
_LOOPBACK = frozenset(("127.0.0.1", "localhost", "::1"))
_MESSAGE_MAX_CHARS = 4000
_SCHEMA_NOT_FOUND = 40403


@dataclass(frozen=True)
class RegistryOptions(Login):
    """Where a registry is and how to log in. Basic credentials may be part of the URL; secrets are never shown.

    `timeout_s` bounds connecting and each wait for an answer, in seconds.
    """

    url: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    timeout_s: float = 10.0


class RegistryAnswerError(Exception):
    """The registry refused a request; `code` is its `error_code`, 0 when it gave none."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    @property
    def is_absent(self) -> bool:
        """Whether the answer says that the thing asked for is not there, which no other web server would say."""
        return self.status == httpx.codes.NOT_FOUND and self.code // 100 == 404  # noqa: PLR2004 -- 404xx

    @property
    def is_unknown_schema(self) -> bool:
        """Whether the subject is there and no version of it has this schema and these references."""
        return self.is_absent and self.code == _SCHEMA_NOT_FOUND

    @property
    def is_unreadable_schema(self) -> bool:
        """Whether the registry could not read the schema that it was given (older ones say so with 500)."""
        return self.status in (httpx.codes.UNPROCESSABLE_ENTITY, httpx.codes.INTERNAL_SERVER_ERROR)


class RegistryHttp:
    """Requests and JSON answers; `close` ends the connections."""

    def __init__(self, options: RegistryOptions) -> None:
        parts = _checked(options.url)
        self.url = _shown(parts)
        headers = {"accept": f"{MEDIA_TYPE}, application/json", "content-type": MEDIA_TYPE}
        if options.token:
            headers["authorization"] = f"Bearer {options.token}"
        self._client = httpx.Client(
            base_url=self.url.rstrip("/"),
            headers=httpx.Headers(headers, encoding="utf-8"),
            auth=None if options.token else _basic(options, parts.username, parts.password),
            verify=tls_context(options, "registry") if parts.scheme == "https" else True,
            timeout=options.timeout_s,
            # No proxy of the environment between this machine and itself.
            trust_env=parts.hostname not in _LOOPBACK,
        )

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def call(self, verb: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the JSON of the answer; RegistryAnswerError when it is a refusal, Unavailable when there is none."""
        try:
            response = self._client.request(verb, path, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = str(error) or type(error).__name__
            raise Unavailable(
                f"the registry {self.url} does not answer: {reason}",
                next_step="see `gridctl status`; GRIDCTL_REGISTRY names another one",
            ) from error
        document = self._document(response)
        if response.is_success:
            return document
        raise _refusal(response.status_code, document)

    def translate(self, error: RegistryAnswerError, what: str) -> GridctlError:
        """Return our error for a refusal of what was asked; only the caller knows what absence means."""
        match error.status:
            case httpx.codes.CONFLICT:
                return ViolationFound(f"{what}: {error.message}", next_step="change the schema so that it can evolve")
            case httpx.codes.UNPROCESSABLE_ENTITY | httpx.codes.BAD_REQUEST:
                return UsageProblem(f"{what}: the registry {self.url} refuses it: {error.message}")
            case httpx.codes.UNAUTHORIZED | httpx.codes.FORBIDDEN:
                return Unavailable(
                    f"{what}: the registry {self.url} refuses the credentials ({error.status})",
                    next_step="set registry.token_file, or registry.username and registry.password_file",
                )
        return Unavailable(
            f"{what}: the registry {self.url} answers {error.status}: {error.message}",
            next_step="check that the URL ends at the registry's API, and the registry's own log",
        )

    def _document(self, response: httpx.Response) -> Any:
        try:
            return response.json()
        except ValueError:
            if not response.is_success:
                return None
            raise Unavailable(
                f"the registry {self.url} answers with something that is not JSON",
                next_step="check that the URL ends at the registry's API, for example /apis/ccompat/v7 for Apicurio",
            ) from None


def _checked(url: str) -> SplitResult:
    """Split a URL; the message does not repeat it, since it may hold a password."""
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        valid = False
    if not valid:
        raise UsageProblem(
            "the registry's address is not an http(s) URL", next_step="write for example http://127.0.0.1:8081"
        )
    return parts


def _shown(parts: SplitResult) -> str:
    """Return the URL without user and password."""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def path_of(*parts: str | int) -> str:
    """Return a path with each part encoded, so that a slash in a subject stays part of its name."""
    return "/" + "/".join(quote(str(part), safe="") for part in parts)


def _refusal(status: int, document: Any) -> RegistryAnswerError:
    body = document if isinstance(document, dict) else {}
    code = body.get("error_code")
    message = str(body.get("message") or httpx.codes.get_reason_phrase(status))
    return RegistryAnswerError(status, code if isinstance(code, int) else 0, message[:_MESSAGE_MAX_CHARS])


def _basic(options: RegistryOptions, user: str | None, password: str | None) -> tuple[str, str] | None:
    name = options.username if options.username is not None else unquote(user or "")
    secret = options.password if options.password is not None else unquote(password or "")
    return (name, secret) if name else None
