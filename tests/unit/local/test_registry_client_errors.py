"""What the registry client says when the registry, the network or the credentials are not as they should be."""

import http.server
import json
import socket
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from gridctl.adapters.registry import HttpRegistry, RegistryOptions
from gridctl.errors import Unavailable, UsageProblem, ViolationFound
from gridctl.local.registry.app import build
from gridctl.local.registry.server import _listen
from gridctl.local.registry.store import Store
from tests.support import certificates
from tests.support.certificates import Files

Answer = tuple[int, str, bytes]
V1 = "application/vnd.schemaregistry.v1+json"
Serve = Callable[[Answer], tuple[str, list[tuple[str, dict[str, str]]]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve one answer to everything on a real socket, and note the requests."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(answer: Answer) -> tuple[str, list[tuple[str, dict[str, str]]]]:
        seen: list[tuple[str, dict[str, str]]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                self.rfile.read(int(self.headers.get("content-length") or 0))
                self.send_response(answer[0])
                self.send_header("content-type", answer[1])
                self.send_header("content-length", str(len(answer[2])))
                self.end_headers()
                self.wfile.write(answer[2])

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        return f"http://127.0.0.1:{server.server_address[1]}", seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def refusal(status: int, code: int, message: str) -> Answer:
    return status, V1, json.dumps({"error_code": code, "message": message}).encode()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_nobody_listens() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with HttpRegistry(RegistryOptions(url)) as registry, pytest.raises(Unavailable, match=url) as problem:
        registry.subjects()
    assert "gridctl status" in problem.value.next_step


def test_a_registry_that_takes_the_connection_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = RegistryOptions(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=0.2)
        with HttpRegistry(options) as registry, pytest.raises(Unavailable, match="does not answer"):
            registry.subjects()


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/html", b"<html>"),
        (200, V1, b'{"a": 1}'),
        (200, V1, b"[1]"),
        (404, "text/html", b"<html>not here</html>"),
        (404, V1, b'{"message": "no route"}'),
        (302, "text/html", b""),
        (503, V1, b""),
        refusal(500, 50001, "Error in the backend data store"),
    ],
)
def test_answers_that_say_nothing_are_never_an_empty_registry(serve: Serve, answer: Answer) -> None:
    url, _ = serve(answer)
    with HttpRegistry(RegistryOptions(url)) as registry:
        for ask in (
            registry.subjects,
            lambda: registry.versions("s"),
            lambda: registry.schema_by_id(1),
            lambda: registry.find("s", '"int"'),
            lambda: registry.level("s"),
            lambda: registry.register("s", '"int"'),
        ):
            with pytest.raises(Unavailable, match=url):
                ask()


@pytest.mark.parametrize("status", [401, 403])
def test_credentials_that_are_refused(serve: Serve, status: int) -> None:
    url, _ = serve(refusal(status, status, "no"))
    with HttpRegistry(RegistryOptions(url)) as registry, pytest.raises(Unavailable, match="credentials") as problem:
        registry.subjects()
    assert problem.value.next_step


def test_incompatible_and_invalid_are_told_apart_and_keep_the_registrys_words(serve: Serve) -> None:
    for answer, kind in (
        (refusal(409, 409, "old words"), ViolationFound),
        (refusal(422, 42201, "old words"), UsageProblem),
    ):
        with HttpRegistry(RegistryOptions(serve(answer)[0])) as registry, pytest.raises(kind, match="old words"):
            registry.register("s", '"int"')


def test_an_id_is_asked_for_once_and_an_unknown_one_again(serve: Serve) -> None:
    url, seen = serve((200, V1, b'{"schema": "\\"int\\""}'))
    with HttpRegistry(RegistryOptions(url)) as registry:
        assert [registry.schema_by_id(7) for _ in range(3)] == ['"int"'] * 3
    assert [path for path, _ in seen] == ["/schemas/ids/7"]
    url, seen = serve(refusal(404, 40403, "Schema 7 not found"))
    with HttpRegistry(RegistryOptions(url)) as registry:
        assert registry.schema_by_id(7) is None
        assert registry.schema_by_id(7) is None
    assert len(seen) == 2


def test_a_path_before_the_api_and_encoded_names_reach_the_server(serve: Serve) -> None:
    url, seen = serve((200, V1, b"[]"))
    with HttpRegistry(RegistryOptions(f"{url}/apis/ccompat/v7/")) as registry:
        assert registry.versions("a/b %") == []
    assert seen[0][0] == "/apis/ccompat/v7/subjects/a%2Fb%20%25/versions"


SECRET = "s3cr:et/@"


@pytest.mark.parametrize(
    ("in_url", "options", "expected"),
    [
        ("me:s3cr%3Aet%2F%40@", {}, "Basic me:" + SECRET),
        ("", {"username": "me", "password": SECRET}, "Basic me:" + SECRET),
        ("you:x@", {"username": "me", "password": SECRET}, "Basic me:" + SECRET),
        ("", {"token": SECRET}, "Bearer " + SECRET),
        ("", {"token": "s3crét"}, "Bearer s3cr\u00c3\u00a9t"),  # UTF-8, which the server reads as Latin-1
        ("me:x@", {"token": SECRET}, "Bearer " + SECRET),
        ("", {}, None),
    ],
)
def test_credentials_are_sent_and_never_shown(serve: Serve, in_url: str, options: Any, expected: str | None) -> None:
    url, seen = serve(refusal(500, 500, "no"))
    given = RegistryOptions(url.replace("http://", f"http://{in_url}"), **options)
    with HttpRegistry(given) as registry, pytest.raises(Unavailable) as problem:
        registry.subjects()
    sent = seen[0][1].get("authorization")
    if sent is not None and sent.startswith("Basic "):
        sent = "Basic " + b64decode(sent.removeprefix("Basic ")).decode()
    assert sent == expected
    for shown in (repr(given), str(problem.value), registry.url):
        assert SECRET not in shown
        assert "s3cr" not in shown
        assert "@" not in shown


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8081", "ftp://h", "http://", "http://h:99999", "http://u:hidden@h:port"]
)
def test_what_is_no_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UsageProblem) as problem:
        HttpRegistry(RegistryOptions(url))
    assert "hidden" not in str(problem.value)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_url(tls: Files) -> Iterator[str]:
    """The embedded registry behind TLS that asks clients for a certificate."""
    store, listener = Store(None), _listen("127.0.0.1", 0)
    options: dict[str, Any] = {"ssl_keyfile": tls.key, "ssl_certfile": tls.cert, "ssl_ca_certs": str(tls.ca)}
    config = uvicorn.Config(build(store), lifespan="off", log_config=None, loop="asyncio", ssl_cert_reqs=2, **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(30)
    listener.close()
    store.close()


def test_tls_with_our_ca_and_a_client_certificate(tls: Files, tls_url: str) -> None:
    with HttpRegistry(RegistryOptions(tls_url, ca_file=tls.ca, cert_file=tls.cert, key_file=tls.key)) as registry:
        assert registry.register("s", '"int"').version == 1


def test_tls_without_our_ca_or_without_a_certificate(tls: Files, tls_url: str) -> None:
    for options in (RegistryOptions(tls_url), RegistryOptions(tls_url, ca_file=tls.ca)):
        with HttpRegistry(options) as registry, pytest.raises(Unavailable, match="does not answer"):
            registry.subjects()


def test_tls_files_that_are_missing(tls: Files, tmp_path: Path) -> None:
    missing = tmp_path / "none"
    for options in (
        RegistryOptions("https://127.0.0.1:1", ca_file=missing),
        RegistryOptions("https://127.0.0.1:1", ca_file=tls.ca, cert_file=missing),
        RegistryOptions("https://127.0.0.1:1", cert_file=tls.key),
    ):
        with pytest.raises(UsageProblem, match="TLS files"):
            HttpRegistry(options)
