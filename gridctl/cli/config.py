"""Settings: flag > GRIDCTL_* environment > profile of gridctl.toml > ~/.config > what `gridctl up` wrote > default."""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gridctl.contracts.clock import ALLOWED_SKEW_MS
from gridctl.contracts.deadletter import RAW_CAP_BYTES
from gridctl.errors import Unavailable, UsageProblem

FILE_NAME = "gridctl.toml"
ENDPOINTS_FILE = "endpoints.json"
ENDPOINT_OF_PART: Mapping[str, str] = {"broker": "bootstrap", "registry": "registry", "redis": "redis", "mqtt": "mqtt"}


@dataclass(frozen=True)
class Overrides:
    """What the command line says: the profile, and `KEY=VALUE` settings."""

    profile: str | None = None
    settings: tuple[str, ...] = ()


class Profile(BaseModel):
    """One profile. Endpoints: `bootstrap` host:port[,…], `registry` URL, `redis` URL, `mqtt` host:port."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bootstrap: str | None = None
    registry: str | None = None
    redis: str | None = None
    mqtt: str | None = None
    schemas: Path | None = None
    protected: bool = False
    allowed_skew_ms: Annotated[int, Field(ge=0)] = ALLOWED_SKEW_MS
    raw_cap_bytes: Annotated[int, Field(ge=0, le=1024 * 1024)] = RAW_CAP_BYTES
    registry_token_file: Path | None = None
    registry_ca_file: Path | None = None
    registry_cert_file: Path | None = None
    registry_key_file: Path | None = None
    kafka: dict[str, str | int | float | bool] = Field(default_factory=dict)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    default_profile: str = "default"
    profile: dict[str, Profile] = Field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """The settings of this call. An endpoint that nothing names is None; `endpoint` says what to do about it."""

    profile_name: str
    profile: Profile
    directory: Path
    state_dir: Path
    schemas_dir: Path
    from_stack: frozenset[str] = field(default_factory=frozenset)

    def endpoint(self, name: str) -> str:
        """Return the address of `bootstrap`, `registry`, `redis` or `mqtt`; raise Unavailable when none is known."""
        address: str | None = getattr(self.profile, name)
        if address is None:
            raise Unavailable(
                f"no {name} endpoint is configured (profile {self.profile_name}), no stack is up in {self.state_dir}",
                next_step=f"run `gridctl up`, set GRIDCTL_{name.upper()}, or name it in the profile",
            )
        return address

    def on_stack(self, addresses: Mapping[str, str]) -> "Settings":
        """Return the same settings with every endpoint on a local stack, whatever the profile names; by part."""
        endpoints = {ENDPOINT_OF_PART[name]: address for name, address in addresses.items()}
        return replace(self, profile=self.profile.model_copy(update={**endpoints, "kafka": {}}))


def load_settings(overrides: Overrides | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read all sources once; raise UsageProblem naming the file and key that is wrong."""
    overrides = overrides or Overrides()
    environ = os.environ if environ is None else environ
    here = _working_directory()
    project_file = _find_upwards(here)
    directory = project_file.parent if project_file else here
    state_dir = Path(environ.get("GRIDCTL_STATE_DIR") or directory / ".gridctl").absolute()
    files = [(path, _read(path)) for path in (project_file, _user_file(environ)) if path is not None and path.is_file()]
    named = (file.default_profile for _, file in files if "default_profile" in file.model_fields_set)
    name = overrides.profile or environ.get("GRIDCTL_PROFILE") or next(named, "default")
    if name != "default" and all(name not in file.profile for _, file in files):
        raise UsageProblem(f"profile {name} is not defined", next_step=f"add [profile.{name}] to {FILE_NAME}")
    layers = [
        _from_flags(overrides.settings),
        _from_environment(environ),
        *(
            _absolute(file.profile[name].model_dump(exclude_unset=True), path.parent)
            for path, file in files
            if name in file.profile
        ),
    ]
    explicit = _merged(layers)
    written = {key: value for key, value in _from_stack(state_dir).items() if key not in explicit}
    profile = _profile({**written, **explicit}, "the settings of this call")
    schemas = profile.schemas or _default_schemas(directory)
    return Settings(name, profile, directory, state_dir, schemas, frozenset(written))


def _working_directory() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        raise UsageProblem(
            f"the working directory cannot be read: {error.strerror}", next_step="change to a directory that exists"
        ) from error


def _user_file(environ: Mapping[str, str]) -> Path | None:
    try:
        base = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    except RuntimeError:  # an account without a home, as in a container, has no such file
        return None
    return base / "gridctl" / "config.toml"


def _merged(layers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return all values, the first layer wins; tables key by key, so one property leaves the others as they are."""
    merged: dict[str, Any] = {}
    for layer in reversed(layers):
        for key, value in layer.items():
            below = merged.get(key)
            merged[key] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _find_upwards(start: Path) -> Path | None:
    for directory in (start, *start.parents):
        if (directory / FILE_NAME).is_file():
            return directory / FILE_NAME
        if (directory / ".git").exists():
            return None
    return None


def _read(path: Path) -> _File:
    try:
        return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageProblem(f"{path}: cannot be read: {error}", next_step="mend the file") from error
    except ValidationError as error:
        raise _invalid(error, str(path)) from error


def _profile(values: dict[str, Any], where: str) -> Profile:
    try:
        return Profile.model_validate(values)
    except ValidationError as error:
        raise _invalid(error, where) from error


def _invalid(error: ValidationError, where: str) -> UsageProblem:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in first["loc"])
    known = ", ".join(Profile.model_fields)
    return UsageProblem(f"{where}: {key}: {first['msg']}", next_step=f"settings of a profile: {known}")


def _from_flags(settings: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals:
            raise UsageProblem(
                f"-X {setting}: not KEY=VALUE", next_step="write for example -X bootstrap=127.0.0.1:9092"
            )
        if key == "kafka":
            raise UsageProblem(f"-X {setting}: a table", next_step="write for example -X kafka.client.id=me")
        if key.startswith("kafka."):
            values.setdefault("kafka", {})[key.removeprefix("kafka.")] = value
        else:
            values[key] = value
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    names = set(Profile.model_fields) - {"kafka"}
    return {name: environ[f"GRIDCTL_{name.upper()}"] for name in names if environ.get(f"GRIDCTL_{name.upper()}")}


def _absolute(values: dict[str, Any], directory: Path) -> dict[str, Any]:
    return {key: directory / value if isinstance(value, Path) else value for key, value in values.items()}


def _from_stack(state_dir: Path) -> dict[str, str]:
    path = state_dir / ENDPOINTS_FILE
    if not path.is_file():
        return {}
    try:
        parts = json.loads(path.read_text(encoding="utf-8"))["parts"]
        return {ENDPOINT_OF_PART[part["name"]]: part["address"] for part in parts}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable(
            f"{path} cannot be read: {error}",
            next_step=f"end what runs of that stack (`pgrep -f {state_dir}` lists it), then delete the file",
        ) from error


def _default_schemas(directory: Path) -> Path:
    beside = directory / "schemas"
    if (beside / "topics.toml").is_file():
        return beside
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_schemas"  # in a wheel; an editable install reads the repository's own
    return shipped if shipped.is_dir() else package.parent / "schemas"
