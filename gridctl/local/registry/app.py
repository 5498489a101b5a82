"""The ASGI application: routes to the resources, and what turns refusals into answers."""

import sqlite3

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gridctl.local.registry.errors import ApiError, Problem
from gridctl.local.registry.resources import Resources
from gridctl.local.registry.store import Store
from gridctl.local.registry.wire import answer, endpoint

_BY_STATUS = {404: Problem.NOT_FOUND, 405: Problem.METHOD_NOT_ALLOWED}


def build(store: Store) -> ASGIApp:
    """Return the application over a store."""
    routes = [
        Route(path, endpoint(handler), methods=[verb])
        for path, verbs in Resources(store).table.items()
        for verb, handler in verbs.items()
    ]
    refusals = {ApiError: _refuse, HTTPException: _refuse_route, sqlite3.Error: _refuse_store}
    return _RawPath(Starlette(routes=routes, exception_handlers=refusals))


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
