"""The External Metrics API over HTTPS, for the aggregator of a kube-apiserver.

The aggregator has authorized its caller already, and shows a certificate of the front proxy's authority: whoever has
none is not it. The caller's name in its headers is not looked at; there is nothing here that one may read and another
may not.
"""

import json
import time
from collections.abc import Collection
from datetime import UTC, datetime
from http import HTTPStatus

from gridctl.lag.board import Board
from gridctl.runtime.health import Health
from gridctl.runtime.http import Answer, Request, Respond
from gridctl.scaling.external.api import Reply, failure, reply

JSON = "application/json"


def external_metrics(board: Board, allowed_names: Collection[str] | None, health: Health) -> Respond:
    """Return what answers; /livez and /readyz need no certificate.

    `allowed_names` are common names of the aggregator's certificate, empty takes any; None is for plain HTTP, where
    nobody is asked for one.
    """

    def respond(request: Request) -> Answer:
        if request.path == "/livez":
            return health.livez()
        if request.path == "/readyz":
            return health.readyz()
        if allowed_names is not None and not _is_aggregator(request, allowed_names):
            return _answer(failure(HTTPStatus.UNAUTHORIZED, "Unauthorized", "Unauthorized"))
        now_s = time.monotonic()
        found = reply(request.path, request.query, board.samples(now_s), board.problem(now_s), _moment)
        return _answer(found)

    return respond


def _is_aggregator(request: Request, allowed_names: Collection[str]) -> bool:
    if request.certificate is None:
        return False
    names = {value for part in request.certificate.get("subject", ()) for key, value in part if key == "commonName"}
    return not allowed_names or not names.isdisjoint(allowed_names)


def _answer(found: Reply) -> Answer:
    return Answer(found.status, JSON, json.dumps(found.document).encode())


def _moment(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
