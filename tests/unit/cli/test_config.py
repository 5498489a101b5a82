"""Where settings come from, and what a wrong one says: a line, no traceback and no password."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gridctl.adapters.kafka.errors import translated
from gridctl.adapters.kafka.metadata import require_reachable
from gridctl.adapters.redis_state import RedisState
from gridctl.cli.config import Overrides, Profile, Settings, load_settings
from gridctl.cli.wiring import local
from gridctl.cli.wiring.local import probe_configured, questions_of
from gridctl.cli.wiring.service import service_of
from gridctl.cli.wiring.streaming import pipeline_of, processor_of
from gridctl.errors import UsageProblem
from gridctl.local.doctor import Check, Question, examine
from tests.support.command import call
from tests.support.paths import GRIDCTL, ROOT

NOWHERE = {"bootstrap": "127.0.0.1:1", "registry": "http://127.0.0.1:1", "redis": "redis://127.0.0.1:1"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "project"
    (directory / ".git").mkdir(parents=True)
    monkeypatch.chdir(directory)
    return directory


def settings_with(directory: Path, **values: object) -> Settings:
    profile = Profile.model_validate({**NOWHERE, **values})
    return Settings("default", profile, directory, directory / "state", ROOT / "schemas")


def user_config(directory: Path, text: str) -> dict[str, str]:
    file = directory / "user" / "gridctl" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return {"XDG_CONFIG_HOME": str(directory / "user")}


def test_the_kafka_tables_of_all_layers_are_merged_key_by_key(project: Path, tmp_path: Path) -> None:
    environ = user_config(tmp_path, '[profile.x.kafka]\n"sasl.username" = "u"\n"security.protocol" = "PLAINTEXT"\n')
    (project / "gridctl.toml").write_text('[profile.x.kafka]\n"security.protocol" = "SASL_SSL"\n"linger.ms" = 5\n')
    settings = load_settings(Overrides("x", ("kafka.linger.ms=7", "kafka.foo=1")), environ)
    assert settings.kafka == {
        "sasl.username": "u",
        "security.protocol": "SASL_SSL",
        "linger.ms": "7",
        "foo": "1",
    }


def test_kafka_itself_is_no_value(project: Path) -> None:
    with pytest.raises(UsageProblem, match="kafka: not a setting"):
        load_settings(Overrides(None, ("kafka=x", "kafka.foo=1")), {"XDG_CONFIG_HOME": str(project)})


def test_a_project_file_without_a_default_profile_leaves_the_users(project: Path, tmp_path: Path) -> None:
    environ = user_config(tmp_path, 'default_profile = "mine"\n[profile.mine]\n[profile.default]\n')
    (project / "gridctl.toml").write_text("[profile.mine]\nprotected = true\n")
    settings = load_settings(None, environ)
    assert (settings.profile_name, settings.profile.protected) == ("mine", True)
    (project / "gridctl.toml").write_text('default_profile = "default"\n')
    assert load_settings(None, environ).profile_name == "default"


def test_without_a_home_there_is_no_user_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert load_settings(None, {}).directory == project


def test_a_working_directory_that_is_gone_is_said_to_be_so(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    done = subprocess.run(
        ["sh", "-c", f'mkdir "$1" && cd "$1" && rmdir "$1" && exec {GRIDCTL} status', "sh", str(gone)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2, done.stderr
    assert "working directory" in done.stderr


def test_an_unknown_parameter_of_the_redis_url_is_named() -> None:
    with pytest.raises(UsageProblem, match="foo"):
        RedisState("redis://127.0.0.1:1?foo=bar")


@pytest.mark.parametrize("name", ["error_cb", "throttle_cb"])
def test_a_kafka_setting_that_no_text_can_be_is_named(name: str) -> None:
    with pytest.raises(UsageProblem, match=name):
        require_reachable("127.0.0.1:1", {name: "x"}, 1)


def test_a_fault_of_ours_is_no_kafka_setting() -> None:
    with pytest.raises(TypeError, match="unhashable"), translated("127.0.0.1:1"):
        raise TypeError("unhashable type: 'list'")


OTHER_TOPIC = """
[[topic]]
name = "iot.other"
description = "Nobody's"
owner = "@gridstream/iot"
partitions = 1
key = "device_id"
retention_ms = 1000
subject = "iot.other-value"
dlq = "unrouted.dlq"
requires_priority = true

"""


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("[[topic]]", OTHER_TOPIC + "[[topic]]", "topic iot.other is for the events of devices .* but no kind has it"),
        ('name = "iot.thermostat"', 'name = "iot.other"', "no topic iot.thermostat"),
        ('dlq = "iot.thermostat.dlq"\n', "", "topic iot.thermostat has no dlq"),
    ],
)
def test_no_command_starts_where_topics_and_kinds_do_not_match(
    tmp_path: Path, before: str, after: str, named: str
) -> None:
    text = (ROOT / "schemas" / "topics.toml").read_text()
    assert before in text
    (tmp_path / "topics.toml").write_text(text.replace(before, after, 1))
    settings = replace(settings_with(tmp_path), schemas_dir=tmp_path)
    service = service_of(settings, "t", None, None)
    for opened in (processor_of(settings, "g", None, service), pipeline_of(settings, service)):
        with pytest.raises(UsageProblem, match=named) as caught, opened:
            pass
        assert str(tmp_path / "topics.toml") in caught.value.message


@pytest.mark.parametrize("format_", ["table", "json", "yaml"])
@pytest.mark.parametrize("command", ["status", "doctor"])
def test_no_password_is_shown(command: str, format_: str, tmp_path: Path) -> None:
    environment = {
        "COLUMNS": "400",
        "GRIDCTL_STATE_DIR": str(tmp_path),
        "GRIDCTL_BOOTSTRAP": "127.0.0.1:1",
        "GRIDCTL_REGISTRY": "http://u:SECRET1@127.0.0.1:1",
        "GRIDCTL_REDIS": "redis://127.0.0.1:1/0?password=SECRET2@SECRET3",
        "GRIDCTL_MQTT": "u:SECRET4@127.0.0.1:1",
    }
    done = call(command, "-o", format_, cwd=ROOT, env=environment)
    assert done.returncode == 5, done.stderr
    assert "SECRET" not in done.stdout + done.stderr
    assert "redis://127.0.0.1:1/0?password=***" in done.stdout
    assert "http://***@127.0.0.1:1" in done.stdout


def test_a_fault_of_one_probe_is_that_parts_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(settings: Settings) -> None:
        raise KeyError(settings.endpoint("redis"))

    monkeypatch.setattr(local, "redis_of", broken)
    settings = settings_with(tmp_path, redis="redis://:SECRET@127.0.0.1:1")
    checks = {check.name: check for check in examine(questions_of(settings))}
    assert "unexpected KeyError" in checks["redis"].problem
    assert "SECRET" not in json.dumps([check.as_json() for check in checks.values()])
    assert "127.0.0.1:1" in checks["broker"].problem
    assert examine([Question("quiet", "", lambda: None)]) == [Check("quiet", "")]


def test_a_broker_that_the_profile_names_is_asked_with_its_kafka_settings(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, kafka={"security.protocol": "nonsense"})
    with pytest.raises(UsageProblem, match=r"security\.protocol"):
        probe_configured("broker", settings)


def test_a_registry_that_the_profile_names_is_asked_with_its_token(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, registry_token_file=tmp_path / "absent")
    with pytest.raises(UsageProblem, match="absent: cannot be read"):
        probe_configured("registry", settings)


def test_a_part_of_the_stack_is_asked_without_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(local, "probe", lambda name, _: asked.append(name))
    settings = settings_with(tmp_path, kafka={"security.protocol": "nonsense"})
    probe_configured("broker", replace(settings, from_stack=frozenset({"bootstrap"})))
    assert asked == ["broker"]
