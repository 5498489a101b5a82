"""What serves the lag of a profile's broker."""

from __future__ import annotations

import ipaddress
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from gridctl.cli.config import Settings
    from gridctl.lag.board import Board
    from gridctl.runtime.service import Service

_TLS_OR_NOT = "give --tls-cert, --tls-key and --client-ca; --insecure serves plain HTTP on loopback, for tests"


def metrics_service(settings: Settings, address: str, patience_s: float | None, board: Board) -> Service:
    """Return the shape of a command whose /metrics is the lag on a board."""
    from gridctl.adapters.lag_metrics import exposition
    from gridctl.cli.wiring.service import service_of

    metrics = exposition(lambda: board.samples(time.monotonic()))
    return service_of(settings, "lag serve", address, patience_s, metrics=metrics)


class ApiOptions(NamedTuple):
    """Where the External Metrics API is served, and for whom.

    `tls_files` are the certificate, its key, and the authority of clients.
    """

    listen: str | None
    tls_files: tuple[Path | None, Path | None, Path | None]
    allowed_names: Sequence[str]
    insecure: bool


@contextmanager
def external_metrics_api(options: ApiOptions, board: Board, service: Service) -> Iterator[None]:
    """Serve the External Metrics API within it, where it is asked for; UsageProblem for options that do not fit."""
    context = _context(options)
    if options.listen is None:
        yield
        return
    from gridctl.adapters.external_metrics import external_metrics
    from gridctl.runtime.http import HttpServer

    allowed = None if context is None else options.allowed_names
    respond = external_metrics(board, allowed, service.health)
    with HttpServer(options.listen, respond, context) as server:
        scheme = "http" if context is None else "https"
        service.log.say(f"the External Metrics API on {scheme}://{server.address}")
        yield


def _context(options: ApiOptions) -> ssl.SSLContext | None:
    """Return what the API's TLS is, or None where it has none."""
    from gridctl.runtime.http import split_listen
    from gridctl.runtime.tls import server_context

    cert, key, client_ca = options.tls_files
    named = [file for file in options.tls_files if file is not None]
    if options.listen is None:
        if named or options.allowed_names or options.insecure:
            raise UsageProblem("without --api-listen there is no API to serve", next_step="add --api-listen HOST:PORT")
        return None
    if options.insecure:
        if named or options.allowed_names:
            raise UsageProblem("--insecure is without TLS", next_step=_TLS_OR_NOT)
        if not _is_loopback(split_listen(options.listen)[0]):
            raise UsageProblem(f"--insecure on {options.listen}: it is not on loopback", next_step=_TLS_OR_NOT)
        return None
    if cert is None or key is None or client_ca is None:
        raise UsageProblem("--api-listen needs TLS, and to know the aggregator", next_step=_TLS_OR_NOT)
    return server_context(cert, key, client_ca)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
