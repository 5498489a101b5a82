"""The HTTP server on real sockets: answers, bounds, TLS, and that one client never stops the others."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gridctl.errors import UsageProblem
from gridctl.runtime import http as module
from gridctl.runtime.http import Answer, HttpServer, Request, routed, split_listen, text_answer
from tests.support import certificates


def fails() -> Answer:
    raise ValueError("it")


@contextmanager
def serving() -> Iterator[tuple[http.client.HTTPConnection, HttpServer]]:
    respond = routed({"/a": lambda: text_answer(200, "a"), "/fails": fails})
    with HttpServer("127.0.0.1:0", respond) as server:
        connection = http.client.HTTPConnection(server.address, timeout=10)
        yield connection, server
        connection.close()


def ask(connection: http.client.HTTPConnection, path: str, method: str = "GET") -> tuple[int, str]:
    connection.request(method, path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_a_connection_is_kept_for_many_requests() -> None:
    with serving() as (connection, _):
        assert ask(connection, "/a") == (200, "a\n")
        first = connection.sock
        assert ask(connection, "/a?x=1") == (200, "a\n")
        assert ask(connection, "/a", "HEAD") == (200, "")
        assert ask(connection, "/b") == (404, "there are: /a /fails\n")
        assert ask(connection, "/fails") == (500, "unexpected ValueError: it\n")
        assert ask(connection, "/a") == (200, "a\n")
        assert connection.sock is first


def test_what_changes_something_is_refused() -> None:
    with serving() as (connection, _):
        assert ask(connection, "/a", "POST")[0] == 501


def test_what_is_asked_arrives_decoded() -> None:
    seen: list[Request] = []

    def respond(request: Request) -> Answer:
        seen.append(request)
        return text_answer(200, "")

    with HttpServer("127.0.0.1:0", respond) as server:
        connection = http.client.HTTPConnection(server.address, timeout=10)
        connection.request("GET", "/a%20b?s=x%3Dy%2Cz&s=&t", headers={"Accept": "text/plain"})
        connection.getresponse().read()
    assert seen == [Request("/a b", {"s": ["x=y,z", ""], "t": [""]}, "text/plain", None)]


def test_a_silent_client_stops_nobody_and_one_too_many_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECTIONS", 2)
    monkeypatch.setattr(module, "SILENCE_S", 0.3)
    with serving() as (connection, server):
        host, port = split_listen(server.address)
        silent = socket.create_connection((host, port), 5)
        assert ask(connection, "/a") == (200, "a\n")
        one_too_many = socket.create_connection((host, port), 5)
        assert one_too_many.recv(1) == b""
        assert silent.recv(1) == b""  # after SILENCE_S
        silent.close()
        one_too_many.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> certificates.Files:
    return certificates.make(tmp_path_factory.mktemp("certificates"))


def test_tls_with_and_without_a_clients_certificate(files: certificates.Files) -> None:
    seen: list[Request] = []

    def respond(request: Request) -> Answer:
        seen.append(request)
        return text_answer(200, "")

    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(files.cert, files.key)
    server_side.load_verify_locations(files.ca)
    server_side.verify_mode = ssl.CERT_OPTIONAL
    with HttpServer("127.0.0.1:0", respond, server_side) as server:
        halfway = socket.create_connection(split_listen(server.address), 5)  # no handshake comes
        for shows in (False, True):
            context = ssl.create_default_context(cafile=files.ca)
            if shows:
                context.load_cert_chain(files.cert, files.key)
            connection = http.client.HTTPSConnection(server.address, timeout=10, context=context)
            assert ask(connection, "/")[0] == 200
            connection.close()
        halfway.close()
    assert seen[0].certificate is None
    assert seen[1].certificate is not None
    assert seen[1].certificate["subject"] == ((("commonName", "test server"),),)


@pytest.mark.parametrize("listen", ["", "8080", ":8080", "a:", "a:x", "a:65536", "::1:80", "127.0.0.1:-1"])
def test_what_is_not_an_address_is_said(listen: str) -> None:
    with pytest.raises(UsageProblem, match="not HOST:PORT"):
        split_listen(listen)


def test_addresses(tmp_path: Path) -> None:
    assert split_listen("[::1]:80") == ("::1", 80)
    assert split_listen("localhost:0") == ("localhost", 0)
    with serving() as (_, server), pytest.raises(UsageProblem, match="cannot listen on"):
        HttpServer(server.address, lambda _: text_answer(200, ""))
