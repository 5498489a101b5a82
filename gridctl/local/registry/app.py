"""The ASGI application: the table of routes, and what turns refusals into answers."""

import sqlite3
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gridctl import __version__
from gridctl.local.registry.changes import Changes
from gridctl.local.registry.errors import ApiError, Problem
from gridctl.local.registry.lookup import Lookup
from gridctl.local.registry.resources import Resources
from gridctl.local.registry.settings import Settings
from gridctl.local.registry.settings_resources import SettingsResources
from gridctl.local.registry.store import Store
from gridctl.local.registry.wire import Call, Handler, answer, endpoint

_BY_STATUS = {404: Problem.NOT_FOUND, 405: Problem.METHOD_NOT_ALLOWED}


def build(store: Store) -> ASGIApp:
    """Return the application over a store."""
    lookup, settings = Lookup(store), Settings(store)
    table = {
        **_of_schemas(Resources(lookup, settings, Changes(lookup, settings))),
        **_of_settings(SettingsResources(settings)),
        **_of_server(store),
    }
    routes = [
        Route(path, endpoint(handler), methods=[verb])
        for path, verbs in table.items()
        for verb, handler in verbs.items()
    ]
    return _RawPath(
        Starlette(
            routes=routes,
            exception_handlers={ApiError: _refuse, HTTPException: _refuse_route, sqlite3.Error: _refuse_store},
        )
    )


Table = dict[str, dict[str, Handler]]


def _of_schemas(on: Resources) -> Table:
    return {
        "/schemas": {"GET": on.schemas},
        "/schemas/types": {"GET": on.types},
        "/schemas/ids/{id}": {"GET": on.schema},
        "/schemas/ids/{id}/schema": {"GET": on.schema_text},
        "/schemas/ids/{id}/subjects": {"GET": on.schema_subjects},
        "/schemas/ids/{id}/versions": {"GET": on.schema_versions},
        "/subjects": {"GET": on.subjects},
        "/subjects/{subject}": {"POST": on.look_up, "DELETE": on.delete_subject},
        "/subjects/{subject}/versions": {"GET": on.versions, "POST": on.register},
        "/subjects/{subject}/versions/{version}": {"GET": on.version, "DELETE": on.delete_version},
        "/subjects/{subject}/versions/{version}/schema": {"GET": on.version_text},
        "/subjects/{subject}/versions/{version}/referencedby": {"GET": on.referenced_by},
        "/compatibility/subjects/{subject}/versions": {"POST": on.compatible_with_all},
        "/compatibility/subjects/{subject}/versions/{version}": {"POST": on.compatible_with_one},
    }


def _of_settings(on: SettingsResources) -> Table:
    level: dict[str, Handler] = {"GET": on.level, "PUT": on.set_level, "DELETE": on.drop_level}
    mode: dict[str, Handler] = {"GET": on.mode, "PUT": on.set_mode, "DELETE": on.drop_mode}
    return {"/config": level, "/config/{subject}": level, "/mode": mode, "/mode/{subject}": mode}


def _of_server(store: Store) -> Table:
    def root(_call: Call) -> Any:
        return {}

    def contexts(_call: Call) -> Any:
        # Only the default context: names that start with another one are names like any other here.
        return ["."]

    def cluster(_call: Call) -> Any:
        clusters = {"kafka-cluster": "", "schema-registry-cluster": store.cluster_id}
        return {"id": store.cluster_id, "scope": {"path": [], "clusters": clusters}}

    def version(_call: Call) -> Any:
        return {"version": __version__, "commitId": ""}

    return {
        "/": {"GET": root, "POST": root},
        "/contexts": {"GET": contexts},
        "/v1/metadata/id": {"GET": cluster},
        "/v1/metadata/version": {"GET": version},
    }


class _RawPath:
    """Routes by the path as it was sent, so that an encoded slash belongs to a subject; a last slash is dropped."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["raw_path"].decode("latin-1").partition("?")[0]
            scope = {**scope, "path": "/" + path.strip("/")}
        await self._app(scope, receive, send)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101 -- Starlette's table of handlers says so
    return answer(request, error.body, error.status)


async def _refuse_route(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return await _refuse(request, ApiError(_BY_STATUS.get(status, Problem.INTERNAL)))


async def _refuse_store(request: Request, _error: Exception) -> Response:
    return await _refuse(request, ApiError(Problem.STORE))
