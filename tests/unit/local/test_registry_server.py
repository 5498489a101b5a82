import json
import signal
import socket
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from gridctl.errors import UsageProblem
from gridctl.local.registry.server import _listen, serve
from gridctl.runtime.log import Log
from gridctl.runtime.service import Service, Terms
from gridctl.runtime.telemetry.absent import NoExports
from tests.unit.local.conftest import Start


def post(client: httpx.Client, subject: str, schema: object) -> httpx.Response:
    return client.post(f"/subjects/{subject}/versions", json={"schema": json.dumps(schema)})


def test_sigterm_ends_it_in_order(start: Start) -> None:
    process, url = start()
    assert httpx.get(f"{url}/subjects").json() == []
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""


def test_sigterm_does_not_wait_for_an_idle_connection(start: Start) -> None:
    process, url = start()
    with httpx.Client(base_url=url) as client:
        client.get("/subjects")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_sigterm_does_not_wait_for_a_client_that_stalls(start: Start) -> None:
    process, url = start()
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as stalled:
        stalled.sendall(b"PUT /config HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n")
        assert stalled.recv(100).startswith(b"HTTP/1.1 100")  # the server waits for the body now
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_a_kill_loses_no_acknowledged_registration(start: Start, tmp_path: Path) -> None:
    file = str(tmp_path / "registry.db")
    process, url = start("--db", file)
    acknowledged: list[tuple[int, int]] = []

    def register_until_killed(worker: int) -> None:
        with httpx.Client(base_url=url) as client:
            for number in range(worker, 100_000, 4):
                try:
                    answer = post(client, f"s{worker}", {"type": "int", "n": number})
                except httpx.TransportError:
                    return
                acknowledged.append((number, answer.json()["id"]))
                if len(acknowledged) > 60:
                    process.kill()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(register_until_killed, range(4)))
    process.wait(20)
    assert len(acknowledged) > 60

    _, url = start("--db", file)
    with httpx.Client(base_url=url) as client:
        for number, schema_id in acknowledged:
            text = client.get(f"/schemas/ids/{schema_id}").json()["schema"]
            assert json.loads(text) == {"type": "int", "n": number}
        for worker in range(4):
            versions = client.get(f"/subjects/s{worker}/versions").json()
            assert versions == list(range(1, len(versions) + 1))


def test_settings_deletes_and_numbers_survive_a_restart(start: Start, tmp_path: Path) -> None:
    file = str(tmp_path / "registry.db")
    process, url = start("--db", file)
    with httpx.Client(base_url=url) as client:
        post(client, "s", "int")
        client.put("/config/s", json={"compatibility": "NONE"})
        client.put("/mode", json={"mode": "READWRITE"})
        post(client, "s", "string")
        client.delete("/subjects/s/versions/1")
    process.terminate()
    process.wait(20)
    _, url = start("--db", file)
    with httpx.Client(base_url=url) as client:
        assert client.get("/config/s").json() == {"compatibilityLevel": "NONE"}
        assert client.get("/subjects/s/versions?deleted=true").json() == [1, 2]
        assert client.get("/subjects/s/versions").json() == [2]
        assert post(client, "s", "bytes").json() == {"id": 3}


def test_many_who_register_one_schema_at_once_get_one_id_and_one_version(start: Start) -> None:
    _, url = start()

    def register(_: int) -> int:
        with httpx.Client(base_url=url, timeout=60) as client:
            return int(post(client, "s", {"type": "record", "name": "R", "fields": []}).json()["id"])

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(register, range(48))) == {1}
    assert httpx.get(f"{url}/subjects/s/versions").json() == [1]


def test_many_who_register_different_schemas_at_once_get_different_ids(start: Start) -> None:
    _, url = start()

    def register(number: int) -> int:
        with httpx.Client(base_url=url, timeout=60) as client:
            return int(post(client, "s", {"type": "int", "n": number}).json()["id"])

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(register, range(48))) == list(range(1, 49))
    assert httpx.get(f"{url}/subjects/s/versions").json() == list(range(1, 49))


def _service() -> Service:
    log = Log(print, as_json=False, command="registry serve")
    return Service(Terms(), log, NoExports(""))


def test_a_port_that_is_taken_and_a_file_that_is_none(start: Start, tmp_path: Path) -> None:
    _, url = start()
    port = int(url.rpartition(":")[2])
    with pytest.raises(UsageProblem, match=f"cannot listen on 127.0.0.1:{port}"):
        serve(_service(), "127.0.0.1", port, None, print)
    for broken in (tmp_path / "missing" / "registry.db", tmp_path):
        with pytest.raises(UsageProblem, match="cannot be opened"):
            serve(_service(), "127.0.0.1", 0, broken, print)
    nonsense = tmp_path / "nonsense.db"
    nonsense.write_bytes(b"this is no database, but long enough to be looked at" * 100)
    with pytest.raises(UsageProblem, match="cannot be opened"):
        serve(_service(), "127.0.0.1", 0, nonsense, print)


def test_answers_do_not_wait_for_more_to_send() -> None:
    with _listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # what makes asyncio set TCP_NODELAY on each connection


def test_a_file_of_a_later_layout_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "registry.db"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(UsageProblem, match="layout 99 is newer"):
        serve(_service(), "127.0.0.1", 0, file, print)


def test_it_listens_on_loopback_only_by_default(start: Start) -> None:
    _, url = start()
    assert url.startswith("http://127.0.0.1:")


def test_the_command_says_what_is_wrong_in_two_lines(start: Start) -> None:
    _, url = start()
    port = url.rpartition(":")[2]
    command = [sys.executable, "-m", "gridctl", "registry", "serve", "--port", port]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 2
    assert run.stderr.startswith(f"error: the registry cannot listen on 127.0.0.1:{port}")
    assert len(run.stderr.splitlines()) == 2
