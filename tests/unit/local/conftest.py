import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from gridctl.local.registry.app import build
from gridctl.local.registry.server import _listen
from gridctl.local.registry.store import Store
from tests.support.registry_process import Serving, serve

Start = Callable[..., Serving]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start `gridctl registry serve` as a process of its own; whatever happens, it is gone afterwards."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str) -> Serving:
        process, url = serve(*arguments)
        started.append(process)
        return process, url

    yield run
    for process in started:
        process.kill()
        process.communicate()


class Switch:
    """Hands requests to the application of the running test, so that one server serves fresh registries."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Api:
    """One fresh registry over real HTTP; answers come back as (status, document)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = httpx.Client(base_url=url, trust_env=False)

    def __call__(self, verb: str, path: str, body: object = None, **options: Any) -> tuple[int, Any]:
        response = self.client.request(verb, path, json=body, **options)
        return response.status_code, response.json()

    def register(self, subject: str, schema: object, **more: object) -> int:
        status, document = self("POST", f"/subjects/{subject}/versions", {"schema": json.dumps(schema), **more})
        assert status == 200, document
        return int(document["id"])

    def refusal(self, verb: str, path: str, body: object = None, **options: Any) -> tuple[int, int, str]:
        status, document = self(verb, path, body, **options)
        assert sorted(document) == ["error_code", "message"], document
        return status, document["error_code"], document["message"]


@pytest.fixture(scope="session")
def switch() -> Iterator[tuple[Switch, str]]:
    target = Switch()
    listener = _listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(target, lifespan="off", log_config=None, loop="asyncio"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield target, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(30)
    listener.close()
    assert not thread.is_alive()


@pytest.fixture
def api(switch: tuple[Switch, str]) -> Iterator[Api]:
    target, url = switch
    store = Store(None)
    target.app = build(store)
    api = Api(url)
    yield api
    api.client.close()
    store.close()
