"""A small HTTP server for what a command says of itself, on the standard library and on threads of its own.

It answers GET and HEAD, never blocks the command's work, and holds a bounded number of connections for a bounded time.
"""

import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore, Thread
from typing import Any, ClassVar, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

from gridctl.errors import UsageProblem

CONNECTIONS = 64
# A connection that is silent for so long is closed, whether it waits for a request or is in the middle of one.
SILENCE_S = 30.0
TEXT = "text/plain; charset=utf-8"


class Request(NamedTuple):
    """What was asked. `certificate` is the client's, as `SSLSocket.getpeercert` gives it, when TLS has checked one."""

    path: str
    query: Mapping[str, Sequence[str]]
    accept: str
    certificate: Mapping[str, Any] | None


class Answer(NamedTuple):
    """What is answered."""

    status: int
    content_type: str
    body: bytes


Respond = Callable[[Request], Answer]


def text_answer(status: int, text: str) -> Answer:
    """Return a line of text as an answer."""
    return Answer(status, TEXT, f"{text}\n".encode())


def routed(routes: Mapping[str, Callable[[], Answer]]) -> Respond:
    """Return what answers each path by its function, and every other path with 404 and the paths that there are."""

    def respond(request: Request) -> Answer:
        route = routes.get(request.path)
        return text_answer(HTTPStatus.NOT_FOUND, f"there are: {' '.join(routes)}") if route is None else route()

    return respond


def split_listen(listen: str) -> tuple[str, int]:
    """Split HOST:PORT (an IPv6 host in brackets, port 0 takes a free one); raise UsageProblem for something else."""
    host, colon, port = listen.rpartition(":")
    is_bare = ":" in host and not (host.startswith("[") and host.endswith("]"))
    if not colon or not host or is_bare or not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 -- the ports of TCP
        raise UsageProblem(
            f"{listen}: not HOST:PORT", next_step="write for example 127.0.0.1:8080, or 0.0.0.0:8080 in a pod"
        )
    return host.strip("[]"), int(port)


class HttpServer:
    """A context manager: entering it listens, leaving it ends. `tls` makes it HTTPS.

    UsageProblem when the address cannot be had.
    """

    def __init__(self, listen: str, respond: Respond, tls: ssl.SSLContext | None = None) -> None:
        host, port = split_listen(listen)
        try:
            self._server = _Server((host, port), respond, tls)
        except OSError as error:
            raise UsageProblem(
                f"cannot listen on {listen}: {error.strerror or error}", next_step="choose another address or port"
            ) from error
        shown = f"[{host}]" if ":" in host else host
        self.address = f"{shown}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.1,), name="http", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], respond: Respond, tls: ssl.SSLContext | None) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        self.respond = respond
        self._tls = tls
        self._free = BoundedSemaphore(CONNECTIONS)
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind, without the question to the name service that the standard library asks here."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection on its own thread; one too many is closed."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Make it TLS, on the connection's own thread: a client that never ends its handshake keeps only that one."""
        try:
            request.settimeout(SILENCE_S)
            if self._tls is not None:
                request = self._tls.wrap_socket(request, server_side=True)
            super().process_request_thread(request, client_address)
        except OSError:  # no handshake; the client knows why
            self.shutdown_request(request)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: the client has gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "gridctl", ""
    error_content_type = TEXT
    error_message_format = "%(code)d %(message)s\n"
    disable_nagle_algorithm = True
    wbufsize: ClassVar[int] = -1
    server: _Server

    def do_GET(self) -> None:
        """Answer, with the body for GET alone."""
        answer = self._answer()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(answer.body)

    do_HEAD = do_GET  # noqa: N815 -- the standard library finds it by this name

    def log_message(self, *_: Any) -> None:
        """Keep no log of requests: probes and scrapes come every few seconds."""

    def _answer(self) -> Answer:
        parts = urlsplit(self.path)
        certificate = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        query = parse_qs(parts.query, keep_blank_values=True)
        request = Request(unquote(parts.path), query, self.headers.get("Accept", ""), certificate or None)
        try:
            return self.server.respond(request)
        except Exception as failure:  # noqa: BLE001 -- whoever asked is told; the command's work goes on
            return text_answer(HTTPStatus.INTERNAL_SERVER_ERROR, f"unexpected {type(failure).__name__}: {failure}")
