"""What is in force in this call, and where each value comes from."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gridctl.cli.config.profile import FLAT_NAMES, Profile, dotted, flattened, is_secret
from gridctl.cli.config.sources import (
    ENDPOINT_OF_PART,
    FILE_NAME,
    Given,
    Layer,
    SettingsFile,
    from_environment,
    from_flags,
    from_stack,
    profile_of,
    read_file,
)
from gridctl.contracts.addresses import without_password
from gridctl.errors import Unavailable, UsageProblem

ADDRESSES = frozenset(dotted(endpoint) for endpoint in ENDPOINT_OF_PART.values())


@dataclass(frozen=True)
class Overrides:
    """What the command line says: the profile, and `KEY=VALUE` settings."""

    profile: str | None = None
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """The settings of this call. `given` holds where each setting comes from, by its dotted name."""

    profile_name: str
    profile: Profile
    directory: Path
    state_dir: Path
    schemas_dir: Path
    from_stack: frozenset[str] = field(default_factory=frozenset)
    given: Layer = field(default_factory=dict)

    def address(self, name: str) -> str | None:
        """Return the address of `bootstrap`, `registry`, `redis` or `mqtt`, or None when nothing names it."""
        section, _, key = dotted(name).partition(".")
        address: str | None = getattr(getattr(self.profile, section), key)
        return address

    def endpoint(self, name: str) -> str:
        """Return the address of `bootstrap`, `registry`, `redis` or `mqtt`; raise Unavailable when none is known."""
        address = self.address(name)
        if address is None:
            raise Unavailable(
                f"no {name} endpoint is configured (profile {self.profile_name}), no stack is up in {self.state_dir}",
                next_step=f"run `gridctl up`, set GRIDCTL_{name.upper()}, or name it in the profile",
            )
        return address

    @property
    def kafka(self) -> Mapping[str, str | int | float | bool]:
        """The librdkafka properties, secrets of files included."""
        return self.profile.kafka.properties()

    def in_force(self) -> Iterator[dict[str, Any]]:
        """Yield each setting that has a value, and each address that has none, as stable JSON; secrets are masked."""
        dumped = {**self.profile.model_dump(), "schemas": self.schemas_dir}
        named = {"profile": self.profile_name, "state_dir": self.state_dir, **dict(flattened(dumped))}
        for name, value in named.items():
            if value is not None or dotted(name) in ADDRESSES:
                given = self.given.get(name, Given(value, "default", ""))
                yield {"name": name, "value": _shown(name, value), "source": given.source, "origin": given.origin}

    def on_stack(self) -> "Settings":
        """Return the same settings with every endpoint on the local stack that is up, whatever the profile names."""
        endpoints = {name: given.value for name, given in from_stack(self.state_dir).items()}
        rest = self.profile.model_dump(include={"schemas", "protected", "allowed_skew_ms", "raw_cap_bytes"})
        return replace(self, profile=Profile.model_validate({**rest, **endpoints}))


def load_settings(overrides: Overrides | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read all sources once; raise UsageProblem naming the file and key that is wrong."""
    overrides = overrides or Overrides()
    environ = os.environ if environ is None else environ
    here = _working_directory()
    project_file = _find_upwards(here)
    directory = project_file.parent if project_file else here
    state_dir = Path(environ.get("GRIDCTL_STATE_DIR") or directory / ".gridctl").absolute()
    files = [read_file(path) for path in (project_file, _user_file(environ)) if path is not None and path.is_file()]
    chosen = _profile_name(overrides, environ, files)
    name = chosen.value
    if name != "default" and all(name not in file.profiles for file in files):
        raise UsageProblem(f"profile {name} is not defined", next_step=f"add [profile.{name}] to {FILE_NAME}")
    of_files = [file.profiles[name] for file in files if name in file.profiles]
    given = _merged([from_flags(overrides.settings), from_environment(environ), *of_files])
    given, on_stack = _with_stack(given, from_stack(state_dir))
    profile = profile_of(given)
    schemas = profile.schemas or _default_schemas(directory)
    given["profile"] = chosen
    if environ.get("GRIDCTL_STATE_DIR"):
        given["state_dir"] = Given(state_dir, "environment", "GRIDCTL_STATE_DIR")
    return Settings(name, profile, directory, state_dir, schemas, on_stack, given)


def _profile_name(overrides: Overrides, environ: Mapping[str, str], files: Sequence[SettingsFile]) -> Given:
    places = (
        Given(overrides.profile, "flag", "--profile"),
        Given(environ.get("GRIDCTL_PROFILE"), "environment", "GRIDCTL_PROFILE"),
        *(Given(file.default_profile, "file", f"{file.path}: default_profile") for file in files),
    )
    return next((place for place in places if place.value), Given("default", "default", ""))


def _shown(name: str, value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int | float):
        return value
    if is_secret(name):
        return "***"
    return without_password(str(value)) if name in ADDRESSES or "://" in str(value) else str(value)


def _merged(layers: list[Layer]) -> Layer:
    """Return all settings, the first layer wins; a secret and its file replace each other."""
    merged: Layer = {}
    for layer in reversed(layers):
        for name in layer:
            merged.pop(name.removesuffix("_file") if name.endswith("_file") else f"{name}_file", None)
        merged |= layer
    return merged


def _with_stack(given: Layer, stack: Layer) -> tuple[Layer, frozenset[str]]:
    """Add the stack's address where nothing names one, and take no login to it: the stack has none.

    What its broker needs of clients is added wherever the address is that broker's.
    """
    on_stack = frozenset(name for name in FLAT_NAMES if dotted(name) in stack and dotted(name) not in given)
    local = {dotted(name).partition(".")[0] for name in on_stack} - {"kafka"}
    kept = {name: each for name, each in given.items() if name.partition(".")[0] not in local}
    merged = {**kept, **{dotted(name): stack[dotted(name)] for name in on_stack}}
    bootstrap = dotted("bootstrap")
    if bootstrap in stack and merged[bootstrap].value == stack[bootstrap].value:
        merged = {**{name: each for name, each in stack.items() if name.startswith("kafka.")}, **merged}
    return merged, on_stack


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


def _find_upwards(start: Path) -> Path | None:
    for directory in (start, *start.parents):
        if (directory / FILE_NAME).is_file():
            return directory / FILE_NAME
        if (directory / ".git").exists():
            return None
    return None


def _default_schemas(directory: Path) -> Path:
    beside = directory / "schemas"
    if (beside / "topics.toml").is_file():
        return beside
    package = Path(__file__).resolve().parents[2]
    shipped = package / "_schemas"  # in a wheel; an editable install reads the repository's own
    return shipped if shipped.is_dir() else package.parent / "schemas"
