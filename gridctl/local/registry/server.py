"""Serves the registry over HTTP until it is stopped."""

import socket
import sqlite3
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from gridctl.errors import UsageProblem
from gridctl.runtime.service import Service

_LAST_REQUESTS_S = 3


def serve(service: Service, host: str, port: int, db: Path | None, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM (returns) or Ctrl-C (raises KeyboardInterrupt); call from the main thread.

    `db` is the SQLite file, None keeps everything in memory; port 0 takes a free one. `on_ready` gets the URL once
    the port accepts connections. Raise UsageProblem when the port or the file cannot be had.
    """
    # Before the heavy imports: whoever started us may stop us from the first moment on.
    with service:
        _serve(service, host, port, db, on_ready)


def _serve(service: Service, host: str, port: int, db: Path | None, on_ready: Callable[[str], None]) -> None:
    import uvicorn

    from gridctl.local.registry.app import build
    from gridctl.local.registry.store import Store

    class Server(uvicorn.Server):
        """Leaves the signals to `service`, which it asks ten times a second."""

        def capture_signals(self) -> nullcontext[None]:  # type: ignore[override] # a context manager of another class
            return nullcontext()

        async def on_tick(self, counter: int) -> bool:
            return service.is_asked() or await super().on_tick(counter)

    with _listen(host, port) as listener:
        try:
            store = Store(db)
        except (OSError, sqlite3.Error) as error:
            raise UsageProblem(
                f"the registry's file {db} cannot be opened: {error}", next_step="name another file with --db"
            ) from error
        try:
            config = uvicorn.Config(
                build(store),
                http="h11",
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_LAST_REQUESTS_S,
            )
            on_ready(f"http://{_url_host(host)}:{listener.getsockname()[1]}")
            with service.working():
                Server(config).run(sockets=[listener])
        finally:
            store.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's delay (40 ms an answer) off only for sockets that name their protocol.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # The queue takes connections from here on, before the first request is served.
        listener.listen(256)
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageProblem(
            f"the registry cannot listen on {host}:{port}: {error}",
            next_step="choose another --port; 0 takes a free one",
        ) from error
    return listener


def _url_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host
