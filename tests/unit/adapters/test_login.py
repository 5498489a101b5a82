"""Logging in to Redis and to MQTT: user, password, TLS with our own CA, and a certificate of the client's."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import redis

from gridctl.adapters.login import NO_LOGIN, Login
from gridctl.adapters.mqtt_client import split_address
from gridctl.adapters.mqtt_publisher import MqttPublisher
from gridctl.adapters.mqtt_source import MqttSource, Subscription
from gridctl.adapters.redis_state import RedisState
from gridctl.errors import Unavailable, UsageProblem
from tests.support import certificates
from tests.support.certificates import Files
from tests.support.command import call
from tests.support.rumqttd import Broker
from tests.support.tls_proxy import tls_proxy
from tests.support.valkey import running_valkey

PASSWORD = "hunter2 /#?@:%"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return certificates.make(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def login(files: Files) -> Login:
    """What both servers ask for."""
    return Login(username="gridctl", password=PASSWORD, ca_file=files.ca, cert_file=files.cert, key_file=files.key)


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Valkey with a user, and a password for those who name none."""
    with running_valkey(tmp_path_factory.mktemp("valkey")) as address:
        with closing(redis.Redis.from_url(address)) as client:
            client.acl_setuser("gridctl", enabled=True, passwords=[f"+{PASSWORD}"], keys="*", commands=["+@all"])
            client.config_set("requirepass", "default's")
        yield int(address.rpartition(":")[2].partition("/")[0])


@pytest.fixture(scope="module")
def valkey_tls(valkey: int, files: Files) -> Iterator[str]:
    with tls_proxy(valkey, files) as port:
        yield f"rediss://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def mqtt(tmp_path_factory: pytest.TempPathFactory, login: Login, files: Files) -> Iterator[str]:
    """The address of a rumqttd with a user and TLS that asks for a certificate."""
    tls = f'\n[v5.1.tls]\ncapath = "{files.ca}"\ncertpath = "{files.cert}"\nkeypath = "{files.key}"\n'
    user = f"\n[v5.1.connections.auth]\n{login.username} = {json.dumps(PASSWORD)}\n"
    broker = Broker(tmp_path_factory.mktemp("mqtt"), user + tls, login)
    yield broker.address
    broker.kill()


@contextmanager
def refused(without: str = "hunter2") -> Iterator[None]:
    with pytest.raises(Unavailable) as caught:
        yield
    assert without not in str(caught.value)


def ping(url: str, login: Login = NO_LOGIN) -> None:
    with closing(RedisState(url, login)) as state:
        state.ping()
        assert state.effects() == {"applied": 0, "stale": 0, "duplicates": 0}


def test_redis_takes_the_user_and_the_password(valkey: int) -> None:
    url = f"redis://127.0.0.1:{valkey}"
    ping(url, Login(username="gridctl", password=PASSWORD))
    ping(url, Login(password="default's"))
    ping(f"redis://gridctl:wrong@127.0.0.1:{valkey}", Login(username="gridctl", password=PASSWORD))
    for login in (NO_LOGIN, Login(password="hunter2"), Login(username="other", password=PASSWORD)):
        with pytest.raises(Unavailable) as caught:
            ping(url, login)
        assert "redis.password_file" in caught.value.next_step
        assert "hunter2" not in str(caught.value)


def test_redis_over_tls(valkey_tls: str, login: Login) -> None:
    ping(valkey_tls, login)
    for broken in ({"cert_file": None, "key_file": None}, {"ca_file": None}, {"password": "wrong"}):
        with refused():
            ping(valkey_tls, replace(login, **broken))


def test_tls_files_for_redis_without_tls_are_refused(valkey: int, login: Login, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="without TLS"):
        RedisState(f"redis://127.0.0.1:{valkey}", login)
    with pytest.raises(UsageProblem, match="TLS files"):
        RedisState("rediss://127.0.0.1:1", replace(login, ca_file=tmp_path / "absent"))


@pytest.mark.parametrize("url", ["redis://:hun#ter2@h", "redis://:hunter2@h:port", "redis://:hunter2@h?db=x"])
def test_a_redis_url_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with refused("hun"):
        RedisState(url)


def test_mqtt_takes_user_password_and_certificate(mqtt: str, login: Login) -> None:
    with MqttSource(mqtt, Subscription("login/#", "reader"), login=login) as source:
        batches = source.batches()
        next(batches)
        publisher = MqttPublisher(mqtt, "writer", login)
        sent = [f"{number}".encode() * 100 for number in range(2500)]
        for payload in sent:
            publisher.publish("login/x", payload, "tag")
        assert publisher.drain(20) == 0
        publisher.close()
        received: list[bytes] = []
        while len(received) < len(sent):
            batch = next(batches)
            received += batch.records
            batch.acknowledge()
        source.stop()
    assert received == sent


@pytest.mark.parametrize("broken", [{"password": "wrong"}, {"username": None, "password": None}, {"ca_file": None}])
def test_mqtt_refuses_what_is_wrong_or_missing(mqtt: str, login: Login, broken: dict[str, Any]) -> None:
    given = replace(login, **broken, tls=True)
    with refused():
        MqttPublisher(mqtt, "refused", given)
    with refused(), MqttSource(mqtt, Subscription("x", "refused"), login=given):
        pass


def test_mqtt_trusts_the_authorities_of_the_machine(
    mqtt: str, files: Files, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(files.ca))
    MqttPublisher(mqtt, "trusting", Login(username=login.username, password=PASSWORD, tls=True)).close()


def test_mqtt_shows_the_certificate_that_a_broker_asks_for(files: Files, login: Login, tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    with tls_proxy(int(broker.address.rpartition(":")[2]), files) as port:
        MqttPublisher(f"127.0.0.1:{port}", "shown", login).close()
        with refused():
            MqttPublisher(f"127.0.0.1:{port}", "not-shown", replace(login, cert_file=None))
    broker.kill()


def test_an_mqtt_address_with_a_password_is_not_repeated() -> None:
    with pytest.raises(UsageProblem, match="not HOST:PORT") as caught:
        split_address("u:hunter2@127.0.0.1:1883")
    assert "hunter2" not in str(caught.value)


def test_status_logs_in_with_what_file_and_variables_say(
    valkey_tls: str, mqtt: str, files: Files, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(PASSWORD + "\n")
    tls = f'ca_file = "{files.ca}"\ncert_file = "{files.cert}"\nkey_file = "{files.key}"\nusername = "gridctl"\n'
    (tmp_path / "gridctl.toml").write_text(
        f'[profile.default.redis]\nurl = "{valkey_tls}"\npassword_file = "password"\n{tls}'
        f'[profile.default.mqtt]\naddress = "{mqtt}"\n{tls}'
    )
    for password, code in ((PASSWORD, 0), ("hunter3", 5)):
        done = call("status", "-o", "json", cwd=tmp_path, env={"GRIDCTL_MQTT_PASSWORD": password})
        assert done.returncode == code, done.stdout + done.stderr
        assert {part["name"]: part["up"] for part in json.loads(done.stdout)["parts"]} == {
            "redis": True,
            "mqtt": not code,
        }
        assert "hunter" not in done.stdout + done.stderr
