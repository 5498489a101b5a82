"""The External Metrics API over TLS, asked as a real aggregator and a real autoscaler have asked it.

The requests were recorded: see tests/data/README.md.
"""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from gridctl.adapters.external_metrics import external_metrics
from gridctl.lag.board import Board
from gridctl.lag.source import GroupReading, Look
from gridctl.runtime.health import Health
from gridctl.runtime.http import HttpServer
from gridctl.runtime.tls import server_context
from gridctl.streams.reader import Place
from tests.support import certificates
from tests.support.paths import ROOT
from tests.unit.lag.readings import reading

RECORDED = [
    json.loads(line)
    for line in (ROOT / "tests/data/external-metrics-requests.jsonl").read_text(encoding="utf-8").splitlines()
]
[AUTOSCALERS] = [each for each in RECORDED if each["who"] == "horizontal-pod-autoscaler"]
AT_S = 1_700_000_000
WAITING = [
    reading(700, 0, 1000, at_s=AT_S),
    reading(800, 0, 1100, at_s=AT_S, place=Place("iot.thermostat", 1)),
]
NO_ANSWER = reading(None, problem="broker 2 did not answer", place=Place("iot.thermostat", 2))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> certificates.Files:
    return certificates.make(tmp_path_factory.mktemp("certificates"))


@contextmanager
def asked(
    board: Board, files: certificates.Files, *, shows: bool = True, allowed: tuple[str, ...] = ()
) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=files.ca)
    if shows:
        context.load_cert_chain(files.cert, files.key)
    respond = external_metrics(board, allowed, Health(time.monotonic))
    with (
        HttpServer("127.0.0.1:0", respond, server_context(files.cert, files.key, files.ca)) as server,
        httpx.Client(base_url=f"https://{server.address}", verify=context) as client,
    ):
        yield client


def replay(client: httpx.Client, request: dict[str, Any]) -> httpx.Response:
    return client.request(request["method"], request["path"], headers=request["headers"])


def board_of(*looks: Look, max_age_s: float = 60) -> Board:
    board = Board(max_age_s, 3600)
    for each in looks:
        board.take(each, 1_700_000_000_000, time.monotonic())
    return board


def look(*readings: Any) -> Look:
    return Look(groups=[GroupReading(group="gridstream.process", state="STABLE", readings=readings)])


def test_the_autoscaler_gets_the_right_quantity(files: certificates.Files) -> None:
    with asked(board_of(look(*WAITING)), files, allowed=("test server",)) as client:
        response = replay(client, AUTOSCALERS)
        assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
        items = response.json()["items"]
        assert sum(int(item["value"]) for item in items) == 600
        assert {item["timestamp"] for item in items} == {"2023-11-14T22:13:20Z"}


@pytest.mark.parametrize(
    ("looks", "max_age_s", "words"),
    [
        ([look(*WAITING, NO_ANSWER)], 60, "broker 2 did not answer"),
        ([look(*WAITING)], -1, "last measured"),
        ([], 60, "not measured yet"),
    ],
)
def test_the_autoscaler_gets_an_error_for_what_is_not_known(
    looks: list[Look], max_age_s: float, words: str, files: certificates.Files
) -> None:
    with asked(board_of(*looks, max_age_s=max_age_s), files) as client:
        response = replay(client, AUTOSCALERS)
        assert response.status_code == 503
        assert words in response.json()["message"]
        assert "items" not in response.json()


@pytest.mark.parametrize("request_", RECORDED, ids=lambda each: f"{each['who']} {each['path'][:50]}")
def test_every_recorded_request_needs_the_front_proxys_certificate(
    request_: dict[str, Any], files: certificates.Files
) -> None:
    board = board_of(look(*WAITING))
    with asked(board, files) as client:
        assert replay(client, request_).status_code == 200
    for shows, allowed in ((False, ()), (True, ("front-proxy-client",))):
        with asked(board, files, shows=shows, allowed=allowed) as client:
            refused = replay(client, request_)
            assert (refused.status_code, refused.json()["code"]) == (401, 401)
            assert client.get("/livez").status_code == 200


def test_a_certificate_of_another_authority_ends_the_handshake(
    files: certificates.Files, tmp_path_factory: pytest.TempPathFactory
) -> None:
    others = certificates.make(tmp_path_factory.mktemp("others"))
    context = ssl.create_default_context(cafile=files.ca)
    context.load_cert_chain(others.cert, others.key)
    with asked(board_of(), files) as client, pytest.raises(httpx.TransportError):
        httpx.get(client.base_url.join("/apis"), verify=context)


def test_old_versions_of_tls_are_refused(files: certificates.Files) -> None:
    context = server_context(files.cert, files.key, files.ca)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_OPTIONAL
