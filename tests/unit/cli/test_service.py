"""The shape of a command as the settings want it, by whole calls: patience at the start, and the log of a pod."""

import json
from pathlib import Path

import pytest

from gridctl.cli.config import Profile, Settings
from gridctl.cli.wiring.service import SCRIPT_PATIENCE_S, SERVICE_PATIENCE_S, service_of
from tests.support.command import call
from tests.support.paths import ROOT

NOWHERE = {
    "GRIDCTL_BOOTSTRAP": "127.0.0.1:1",
    "GRIDCTL_REGISTRY": "http://127.0.0.1:1",
    "GRIDCTL_REDIS": "redis://127.0.0.1:1",
}


def settings_with(directory: Path, **values: object) -> Settings:
    return Settings("default", Profile.model_validate(values), directory, directory, ROOT / "schemas")


def test_patience_is_the_flags_then_the_profiles_then_the_commands_own(tmp_path: Path) -> None:
    plain, stated = settings_with(tmp_path), settings_with(tmp_path, **{"service.patience_s": 7})

    def patience(
        settings: Settings, listen: str | None, flag: float | None, own: float = SERVICE_PATIENCE_S
    ) -> tuple[float, float]:
        terms = service_of(settings, "t", listen, flag, own).terms
        return terms.patience_s, terms.start_patience_s

    assert patience(plain, None, None) == (SERVICE_PATIENCE_S, 0)
    assert patience(plain, None, None, SCRIPT_PATIENCE_S) == (SCRIPT_PATIENCE_S, 0)
    assert patience(plain, "127.0.0.1:0", None) == (SERVICE_PATIENCE_S, SERVICE_PATIENCE_S)
    assert patience(plain, None, 3) == (3, 3)
    assert patience(plain, "127.0.0.1:0", 0) == (0, 0)
    assert patience(stated, None, None) == (7, 7)
    assert patience(stated, None, 3) == (3, 3)
    assert service_of(settings_with(tmp_path, **{"service.listen": "a:1"}), "t", None).terms.listen == "a:1"
    assert service_of(settings_with(tmp_path, **{"service.listen": "a:1"}), "t", "b:2").terms.listen == "b:2"


@pytest.mark.parametrize(
    ("environ", "options", "is_json"),
    [
        ({}, [], False),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, [], True),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, ["-X", "service.log=text"], False),
        ({}, ["-X", "service.log=json"], True),
    ],
)
def test_in_a_pod_or_when_asked_every_line_of_the_log_is_json_the_last_error_too(
    environ: dict[str, str], options: list[str], is_json: bool, tmp_path: Path
) -> None:
    schemas = ["-X", f"schemas={ROOT / 'schemas'}"]
    done = call(*schemas, *options, "process", "--until-idle", cwd=tmp_path, env={**NOWHERE, **environ})
    assert done.returncode == 5
    if not is_json:
        assert done.stderr.startswith("error: ")
        return
    [line] = [json.loads(line) for line in done.stderr.splitlines()]
    assert (line["level"], line["command"]) == ("error", "process")
    assert "127.0.0.1:1" in line["message"]
