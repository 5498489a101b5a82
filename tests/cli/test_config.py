"""`gridctl config show`, and what a variable that nothing reads does to a call."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.command import call

FILE = """
[profile.prod]
protected = true
bootstrap = "kafka-1.grid.example:9093,kafka-2.grid.example:9093"
[profile.prod.kafka]
sasl.username = "ops@grid"
sasl.password = "hunter2"
[profile.prod.registry]
url = "https://u:hunter2@registry.grid.example/apis/ccompat/v7"
"""


def show(directory: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    (directory / "gridctl.toml").write_text(FILE)
    return call(*words, cwd=directory, env={"XDG_CONFIG_HOME": str(directory), "GRIDCTL_PROFILE": "prod", **environ})


@pytest.mark.parametrize("read", [json.loads, yaml.safe_load])
def test_each_value_with_where_it_comes_from(tmp_path: Path, read: object) -> None:
    assert callable(read)
    words = ["-X", "allowed_skew_ms=5", "config", "show", "-o", "json" if read is json.loads else "yaml"]
    done = show(tmp_path, *words, GRIDCTL_REDIS_PASSWORD="hunter2", GRIDCTL_REDIS="redis://h?password=hunter2")
    assert (done.returncode, done.stderr) == (0, "")
    rows = {row["name"]: [row["value"], row["source"], row["origin"]] for row in read(done.stdout)["settings"]}
    in_file = f"{tmp_path / 'gridctl.toml'}: [profile.prod] "
    assert rows["profile"] == ["prod", "environment", "GRIDCTL_PROFILE"]
    assert rows["state_dir"] == [str(tmp_path / ".gridctl"), "default", ""]
    assert rows["protected"] == [True, "file", f"{in_file}protected"]
    assert rows["allowed_skew_ms"] == [5, "flag", "-X allowed_skew_ms"]
    assert rows["raw_cap_bytes"] == [262144, "default", ""]
    assert rows["kafka.bootstrap"][1:] == ["file", f"{in_file}bootstrap"]
    assert rows["kafka.sasl.username"][0] == "ops@grid"
    assert rows["kafka.sasl.password"] == ["***", "file", f"{in_file}kafka.sasl.password"]
    assert rows["registry.url"][0] == "https://***@registry.grid.example/apis/ccompat/v7"
    assert rows["redis.url"] == ["redis://h?password=***", "environment", "GRIDCTL_REDIS"]
    assert rows["redis.password"] == ["***", "environment", "GRIDCTL_REDIS_PASSWORD"]
    assert rows["mqtt.address"] == [None, "default", ""]
    assert "registry.token" not in rows
    assert "hunter2" not in done.stdout


def test_what_the_stack_started_is_named(tmp_path: Path) -> None:
    (tmp_path / ".gridctl").mkdir()
    file = tmp_path / ".gridctl" / "endpoints.json"
    file.write_text('{"parts": [{"name": "mqtt", "address": "127.0.0.1:1883"}]}')
    rows = json.loads(show(tmp_path, "config", "show", "-o", "json").stdout)["settings"]
    [mqtt] = [row for row in rows if row["name"] == "mqtt.address"]
    assert mqtt == {"name": "mqtt.address", "value": "127.0.0.1:1883", "source": "stack", "origin": str(file)}
    assert "gridctl up" in show(tmp_path, "config", "show").stdout


def test_the_table_fits_80_columns_and_holds_no_secret(tmp_path: Path) -> None:
    done = show(tmp_path, "config", "show", GRIDCTL_MQTT="u:hunter2@" + "a" * 60 + ":1883", COLUMNS="80")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert "hunter2" not in done.stdout
    [line] = [line for line in lines if line.strip().startswith("protected")]
    assert line.split()[:3] == ["protected", "true", "gridctl.toml:"]


def test_a_variable_that_nothing_reads_is_named_once_and_json_stays_json(tmp_path: Path) -> None:
    done = show(tmp_path, "config", "show", "-o", "json", GRIDCTL_REDIS_PASWORD="hunter2", GRIDCTL_TEST_SEED="1")
    assert json.loads(done.stdout)["settings"]
    assert done.stderr == (
        "warning: nothing reads the variable GRIDCTL_REDIS_PASWORD; did you mean GRIDCTL_REDIS_PASSWORD?\n"
    )
    assert done.returncode == 0
