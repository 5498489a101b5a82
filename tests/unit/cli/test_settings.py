"""Sections and flat names, where a value comes from, and secrets: read from variables and files, never shown."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gridctl.cli.config import Overrides, Settings, load_settings
from gridctl.cli.config.profile import FLAT_NAMES
from gridctl.cli.config.sources import unknown_variables
from gridctl.errors import UsageProblem
from tests.support.paths import ROOT

Load = Callable[..., Settings]
SECTIONS = """
[profile.x]
protected = true
[profile.x.kafka]
bootstrap = "h:1"
sasl.username = "u"
"linger.ms" = 5
[profile.x.registry]
url = "http://h"
token_file = "token"
[profile.x.redis]
url = "rediss://h"
username = "u"
ca_file = "/ca.pem"
[profile.x.mqtt]
address = "h:2"
tls = true
"""
FLAT = """
[profile.x]
protected = true
bootstrap = "h:1"
registry = "http://h"
registry_token_file = "token"
redis = "rediss://h"
mqtt = "h:2"
[profile.x.kafka]
"sasl.username" = "u"
"linger.ms" = 5
"""


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load the settings of a project file, flags and variables alone."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)

    def settings(text: str = "[profile.x]\n", *flags: str, **environ: str) -> Settings:
        Path("gridctl.toml").write_text(text)
        return load_settings(Overrides("x", flags), {"XDG_CONFIG_HOME": str(tmp_path / "none"), **environ})

    return settings


def test_sections_and_flat_names_say_the_same(load: Load, tmp_path: Path) -> None:
    flat = load(FLAT, GRIDCTL_REDIS_USERNAME="u", GRIDCTL_REDIS_CA_FILE="/ca.pem")
    settings = load(SECTIONS)
    assert settings.profile.model_copy(update={"mqtt": flat.profile.mqtt}) == flat.profile
    assert settings.kafka == {"sasl.username": "u", "linger.ms": 5}
    assert settings.profile.registry.token_file == tmp_path / "token"
    assert settings.profile.mqtt.tls
    addresses = [settings.address(name) for name in ("bootstrap", "registry", "redis", "mqtt")]
    assert addresses == ["h:1", "http://h", "rediss://h", "h:2"]


@pytest.mark.parametrize("written", FLAT_NAMES)
def test_every_name_is_a_flag_and_a_variable(load: Load, written: str) -> None:
    name = FLAT_NAMES[written]
    for each in (written, name):
        by_flag = load("[profile.x]\n", f"{each}=v")
        by_variable = load(**{f"GRIDCTL_{each.replace('.', '_').upper()}": "v"})
        assert by_flag.profile == by_variable.profile != load().profile
        assert (by_flag.given[name].source, by_flag.given[name].origin) == ("flag", f"-X {each}")
        assert by_variable.given[name].source == "environment"


def test_a_value_comes_from_the_first_place_that_names_it(load: Load, tmp_path: Path) -> None:
    text = '[profile.x.redis]\nurl = "redis://file"\nusername = "file"\n'
    settings = load(text, "redis.url=redis://flag", GRIDCTL_REDIS="redis://variable", GRIDCTL_REDIS_USERNAME="variable")
    assert (settings.profile.redis.url, settings.profile.redis.username) == ("redis://flag", "variable")
    assert load(text).given["redis.url"].origin == f"{tmp_path / 'gridctl.toml'}: [profile.x] redis.url"


@pytest.mark.parametrize(
    ("text", "flags", "environ", "named", "closest"),
    [
        ('[profile.x.redis]\nulr = "redis://h"\n', (), {}, "redis.ulr", "redis.url"),
        ("[profile.other]\nregistri = 'h'\n", (), {}, "registri", "registry"),
        ("[profile.x]\n", ("mqtt.adress=h:1",), {}, "mqtt.adress", "mqtt.address"),
        ("prifile = 1\n[profile.x]\n", (), {}, "prifile", "[profile.NAME]"),
        ("[profile.x]\n[profile.y]\nraw_cap_bytes = -1\n", (), {}, "[profile.y] raw_cap_bytes", "fix"),
        ("[profile.x]\nprotected = 7\n", (), {}, "[profile.x] protected", "fix"),
        ("[profile.x]\n", (), {"GRIDCTL_MQTT_TLS": "perhaps"}, "GRIDCTL_MQTT_TLS", "fix"),
        ("[profile.x]\n", ("kafka=x",), {}, "-X kafka", "kafka.bootstrap"),
        ("profile = 1\n", (), {}, "profile", "[profile.NAME]"),
        ("[profile]\nx = 1\n", (), {}, "profile.x", "[profile.x]"),
        ('[profile.x]\nredis = "a"\n[profile.x.kafka]\nfoo = [1]\n', (), {}, "kafka.foo", "fix"),
    ],
)
def test_what_is_wrong_is_named_with_the_closest_that_is_known(
    load: Load, text: str, flags: tuple[str, ...], environ: dict[str, str], named: str, closest: str
) -> None:
    with pytest.raises(UsageProblem) as caught:
        load(text, *flags, **environ)
    assert named in caught.value.message
    assert closest in caught.value.next_step
    assert environ or flags or "gridctl.toml" in caught.value.message


def test_one_setting_under_two_names_must_be_one_value(load: Load) -> None:
    assert load(GRIDCTL_REDIS="redis://h", GRIDCTL_REDIS_URL="redis://h").address("redis") == "redis://h"
    with pytest.raises(UsageProblem, match=r"GRIDCTL_REDIS_URL.*both set redis.url"):
        load(GRIDCTL_REDIS="redis://h", GRIDCTL_REDIS_URL="redis://other")


def read_secrets(settings: Settings) -> list[str | None]:
    profile, kafka = settings.profile, settings.kafka
    by_property = [str(kafka[name]) if name in kafka else None for name in ("sasl.password", "ssl.key.password")]
    servers = [
        profile.registry.secret("token"),
        *(each.secret("password") for each in (profile.registry, profile.redis)),
    ]
    return [*by_property, *servers, profile.mqtt.secret("password")]


SECRETS = [
    *("KAFKA_SASL_PASSWORD", "KAFKA_SSL_KEY_PASSWORD"),
    *("REGISTRY_TOKEN", "REGISTRY_PASSWORD", "REDIS_PASSWORD", "MQTT_PASSWORD"),
]


@pytest.mark.parametrize("place", range(len(SECRETS)), ids=SECRETS)
def test_a_secret_comes_from_a_variable_or_a_file(load: Load, tmp_path: Path, place: int) -> None:
    file = tmp_path / "secret"
    file.write_text(" in the file \r\n\n")
    for suffix, given, read in (("", "in the variable", "in the variable"), ("_FILE", str(file), " in the file ")):
        expected = [read if each == place else None for each in range(len(SECRETS))]
        settings = load(**{f"GRIDCTL_{SECRETS[place]}{suffix}": given})
        assert read_secrets(settings) == expected
        assert "in the" not in repr(settings)


@pytest.mark.parametrize("variable", SECRETS)
def test_a_secret_that_cannot_be_read_is_one_line_that_does_not_repeat_it(
    load: Load, tmp_path: Path, variable: str
) -> None:
    file = tmp_path / "secret"
    for content in (None, b"", b"\n", b"hunter2\nhunter2", b"hunter2\xff"):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(UsageProblem) as caught:
            read_secrets(load(**{f"GRIDCTL_{variable}_FILE": str(file)}))
        assert str(file) in caught.value.message
        assert "hunter2" not in str(caught.value)
    with pytest.raises(UsageProblem, match="both set"):
        read_secrets(load(**{f"GRIDCTL_{variable}_FILE": str(file), f"GRIDCTL_{variable}": "hunter2"}))


def test_a_secret_of_a_variable_replaces_the_file_of_a_profile(load: Load) -> None:
    text = '[profile.x.redis]\npassword_file = "absent"\n[profile.x.kafka]\nsasl.password_file = "absent"\n'
    settings = load(text, GRIDCTL_REDIS_PASSWORD="a", GRIDCTL_KAFKA_SASL_PASSWORD="b")
    assert (settings.profile.redis.secret("password"), settings.kafka) == ("a", {"sasl.password": "b"})
    with pytest.raises(UsageProblem, match="absent: cannot be read"):
        _ = load(text).kafka


@pytest.mark.parametrize(
    "flag",
    [
        "redis.password=hunter2",
        "registry.token=hunter2",
        "kafka.sasl.password=hunter2",
        "kafka.ssl.key.pem=hunter2",
        "kafka.sasl.oauthbearer.client.secret=hunter2",
        "redis.url=redis://u:hunter2@h",
        "registry=http://u:hunter2@h",
        "redis=redis://h?password=hunter2",
    ],
)
def test_a_secret_among_the_arguments_is_refused(load: Load, flag: str) -> None:
    with pytest.raises(UsageProblem, match="holds a secret") as caught:
        load("[profile.x]\n", flag)
    assert "hunter2" not in str(caught.value)
    with pytest.raises(UsageProblem, match="not KEY=VALUE") as caught:
        load("[profile.x]\n", flag.replace("=", ":"))
    assert "hunter2" not in str(caught.value)


def test_a_secret_does_not_stand_in_a_settings_file(load: Load) -> None:
    with pytest.raises(UsageProblem, match=r"\[profile.x\] redis.password: a secret") as caught:
        load('[profile.x.redis]\npassword = "hunter2"\n')
    assert "hunter2" not in str(caught.value)
    assert "redis.password_file" in caught.value.next_step
    assert load('[profile.x.kafka]\nsasl.password = "as before"\n').kafka == {"sasl.password": "as before"}


def test_what_the_stack_started_is_given_no_login(load: Load, tmp_path: Path) -> None:
    state = tmp_path / ".gridctl"
    state.mkdir()
    parts = [f'{{"name": "{name}", "address": "redis://local"}}' for name in ("broker", "redis", "mqtt")]
    (state / "endpoints.json").write_text(f'{{"parts": [{", ".join(parts)}]}}')
    text = '[profile.x.mqtt]\naddress = "h:1"\nusername = "u"\n[profile.x.redis]\nca_file = "/ca.pem"\n'
    settings = load(text, "kafka.linger.ms=7", GRIDCTL_REDIS_PASSWORD="hunter2")
    assert settings.from_stack == {"bootstrap", "redis"}
    assert settings.profile.redis.model_dump(exclude_none=True) == {"url": "redis://local"}
    assert (settings.profile.mqtt.username, settings.kafka) == ("u", {"linger.ms": "7"})
    assert "redis.ca_file" not in settings.given
    (state / "endpoints.json").write_text('{"parts": [{"name": "mqtt", "address": "local:1"}]}')
    own = settings.on_stack().profile
    assert (own.mqtt.model_dump(exclude_none=True), own.redis.url) == ({"address": "local:1", "tls": False}, None)


@pytest.mark.parametrize(
    ("kind", "named", "ours"),
    [
        ("embedded", [], True),
        ("embedded", ["bootstrap=local:1"], True),
        ("embedded", ["bootstrap=elsewhere:1"], False),
        ("kafka", [], False),
    ],
)
def test_only_clients_of_the_embedded_broker_are_set_up_for_it(
    load: Load, tmp_path: Path, kind: str, named: list[str], ours: bool
) -> None:
    state = tmp_path / ".gridctl"
    state.mkdir()
    part = {"name": "broker", "kind": kind, "address": "local:1"}
    (state / "endpoints.json").write_text(json.dumps({"parts": [part]}))
    settings = load("[profile.x]\n", *named)
    assert ("client.id" in settings.kafka, "receive.message.max.bytes" in settings.kafka) == (ours, ours)
    assert ("client.id" in settings.on_stack().kafka) is (kind == "embedded")
    assert load("[profile.x]\n", *named, "kafka.client.id=me").kafka["client.id"] == "me", "what a person sets wins"


def test_an_unknown_variable_is_named_with_the_closest() -> None:
    known = {"GRIDCTL_REDIS": "", "GRIDCTL_STATE_DIR": "", "GRIDCTL_TEST_SEED": "", "GRIDCTL_REGISTRY_SERVICE_HOST": ""}
    known |= {"GRIDCTL_PORT_80_TCP_ADDR": "", "GRIDCTL_REDIS_PORT": "", "PATH": os.environ["PATH"]}
    assert not list(unknown_variables(known))
    [sentence] = unknown_variables({**known, "GRIDCTL_BOOTSTRAPS": "h"})
    assert "GRIDCTL_BOOTSTRAPS; did you mean GRIDCTL_BOOTSTRAP?" in sentence
    [sentence] = unknown_variables({"GRIDCTL_KAFKA_SASL_PASWORD": "hunter2"})
    assert "GRIDCTL_KAFKA_SASL_PASSWORD?" in sentence
    assert "hunter2" not in sentence


def test_the_profile_in_the_readme_is_one(load: Load) -> None:
    [text] = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    settings = load(text.replace("profile.prod", "profile.x"), "kafka.sasl.password_file=/dev/null")
    assert settings.profile.mqtt.tls
    assert settings.profile.redis.ca_file == Path("/etc/ssl/grid-ca.pem")
    assert settings.given["kafka.sasl.mechanism"].value == "SCRAM-SHA-512"
