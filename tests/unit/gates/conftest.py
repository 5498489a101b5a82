"""A body that passes, the rules that judge it, and GitHub's REST API spoken by a real HTTP server on loopback."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from gridctl.gates.pr.rules import PrRules

RULES = """
placeholders = ["Why this level is right, and what shows it."]

[owners]
safety = ["Ada", "grace"]
grid = ["edith"]

[[impact]]
paths = ["gridctl/safety/**"]
safety = "Medium"
grid = "Low"
why = "it decides what may be switched off"

[[impact]]
paths = ["schemas/**", "*.lock"]
grid = "Low"
why = "readers depend on it"
"""

Body = Callable[..., str]


@pytest.fixture
def rules_text() -> str:
    return RULES


@pytest.fixture
def rules() -> PrRules:
    return PrRules.from_toml(RULES, "ci/pr-rules.toml")


@pytest.fixture
def body() -> Body:
    """Return a maker of bodies that pass for a change without impact."""

    def make(*, safety: str = "None", grid: str = "None", more: str = "") -> str:
        return (
            "What changes.\n\n## Safety Impact\n\n"
            f"Level: {safety}\n\nNo guard reads the changed page.\n\n## Grid Impact\n\n"
            f"Level: {grid}\n\nNothing reaches a device or a topic.\n{more}"
        )

    return make


@dataclass
class GitHubServer:
    """What it answers: path to (status, JSON document). Lists come in pages, as GitHub sends them."""

    url: str
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    def tell(self, path: str, document: Any, status: int = 200) -> None:
        self.answers[path] = (status, document)


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    state = GitHubServer(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass = _handler(state)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: GitHubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            path = unquote(url.path)
            state.asked.append((self.command, self.path))
            state.tokens.add(self.headers.get("Authorization", ""))
            status, document = state.answers.get(path, (404, {"message": "Not Found"}))
            headers = {"Content-Type": "application/json"}
            if isinstance(document, list):
                size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
                if len(document) > page * size:
                    rest = f"{state.url}{url.path}?per_page={size}&page={page + 1}"
                    headers["Link"] = f'<{rest}>; rel="next"'
                document = document[(page - 1) * size : page * size]
            content = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the name is the base class's
            pass

    return Handler
