"""The places that settings come from; each gives the settings that it names, and says where it names them."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gridctl.cli.config.profile import (
    FLAT_NAMES,
    KAFKA_LOGIN,
    KAFKA_SECRETS,
    NAMES,
    Profile,
    dotted,
    flattened,
    is_secret,
)
from gridctl.contracts.addresses import without_password
from gridctl.errors import UsageProblem
from gridctl.local.stack.embedded_client import client_settings
from gridctl.local.stack.model import STATE_FILE, Stack, read_stack

FILE_NAME = "gridctl.toml"
ENDPOINT_OF_PART: Mapping[str, str] = {"broker": "bootstrap", "registry": "registry", "redis": "redis", "mqtt": "mqtt"}
_KAFKA = (*KAFKA_LOGIN, *KAFKA_SECRETS, *(f"{name}_file" for name in KAFKA_SECRETS))
VARIABLES: Mapping[str, str] = {
    f"GRIDCTL_{written.replace('.', '_').upper()}": dotted(written)
    for written in (*sorted(NAMES), *FLAT_NAMES, *(f"kafka.{name}" for name in _KAFKA))
}
# Read elsewhere: the state directory, the profile, and what the workflows' rehearsal was told.
OTHER_VARIABLES = ("GRIDCTL_STATE_DIR", "GRIDCTL_PROFILE", "GRIDCTL_WORKFLOW_DONE")
# Those of the tests, and those with which Kubernetes names a service whose name begins with gridctl.
_OF_OTHERS = re.compile(r"GRIDCTL_TEST_.*|GRIDCTL_(.*_)?(SERVICE_(HOST|PORT.*)|PORT(_\d+_(TCP|UDP).*)?)")


@dataclass(frozen=True)
class Given:
    """A setting as a source gives it. `source` is flag, environment, file or stack; `origin` is where exactly."""

    value: Any = field(repr=False)
    source: str
    origin: str


Layer = dict[str, Given]


def from_flags(settings: Iterable[str]) -> Layer:
    """Read `-X KEY=VALUE`; a message never repeats the value. The last one of a key wins."""
    layer: Layer = {}
    for setting in settings:
        written, equals, value = setting.partition("=")
        if not equals:
            raise UsageProblem("-X: not KEY=VALUE", next_step="write for example -X kafka.bootstrap=127.0.0.1:9092")
        name, origin = dotted(written), f"-X {written}"
        _require_known(name, origin, written)
        if is_secret(name) or (name in FLAT_NAMES.values() and without_password(value) != value):
            variable = next((key for key in VARIABLES if VARIABLES[key] == name), "a file")
            raise UsageProblem(
                f"{origin}: holds a secret, and others on this machine can read the arguments of a process",
                next_step=f"take it from {variable}" + (f", or name {written}_file" if is_secret(name) else ""),
            )
        layer[name] = Given(value, "flag", origin)
    return layer


def from_environment(environ: Mapping[str, str]) -> Layer:
    """Read the variables; an empty one counts as not set."""
    layer: Layer = {}
    for variable, name in VARIABLES.items():
        if value := environ.get(variable):
            _put(layer, name, Given(value, "environment", variable))
    return layer


def unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for every GRIDCTL_* variable that nothing reads: it may be a typo."""
    known = (*VARIABLES, *OTHER_VARIABLES)
    for variable in sorted(environ):
        if variable.startswith("GRIDCTL_") and variable not in known and not _OF_OTHERS.fullmatch(variable):
            yield f"nothing reads the variable {variable}; did you mean {_closest(variable, known)}?"


@dataclass(frozen=True)
class SettingsFile:
    """A settings file; `profiles` holds what each of its profiles sets."""

    path: Path
    default_profile: str | None
    profiles: Mapping[str, Layer]


def read_file(path: Path) -> SettingsFile:
    """Read a file; every profile is checked, whichever is used. Relative paths start at the file's directory."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageProblem(f"{path}: cannot be read: {error}", next_step="fix the file") from error
    default, profiles = document.pop("default_profile", None), document.pop("profile", {})
    if document or not isinstance(default, str | None) or not isinstance(profiles, dict):
        key = next(iter(document), "default_profile" if isinstance(profiles, dict) else "profile")
        raise UsageProblem(
            f"{path}: {key}: not a setting of a file", next_step='write default_profile = "NAME" or [profile.NAME]'
        )
    return SettingsFile(path, default, {name: _profile_of(path, name, values) for name, values in profiles.items()})


def _profile_of(path: Path, profile: str, values: Any) -> Layer:
    layer: Layer = {}
    if not isinstance(values, dict):
        raise UsageProblem(f"{path}: profile.{profile}: not a table", next_step=f"write [profile.{profile}]")
    for written, value in flattened(values):
        name, origin = dotted(written), f"{path}: [profile.{profile}] {written}"
        _require_known(name, origin, written)
        if is_secret(name) and not name.startswith("kafka."):
            raise UsageProblem(f"{origin}: a secret does not belong here", next_step=f"name a file: {written}_file")
        is_path = isinstance(value, str) and (name == "schemas" or name.endswith("_file"))
        _put(layer, name, Given(str(path.parent / value) if is_path else value, "file", origin))
    profile_of(layer)
    return layer


def from_stack(state_dir: Path) -> Layer:
    """Read where `gridctl up` started each part, and what the embedded broker needs of its clients.

    Raise Unavailable when the file cannot be read.
    """
    stack = read_stack(state_dir) or Stack()
    found: dict[str, str | int] = {dotted(ENDPOINT_OF_PART[part.name]): part.address for part in stack.parts}
    if any((part.name, part.kind) == ("broker", "embedded") for part in stack.parts):
        found |= {f"kafka.{name}": value for name, value in client_settings().items()}
    return {name: Given(value, "stack", str(state_dir / STATE_FILE)) for name, value in found.items()}


def profile_of(layer: Layer) -> Profile:
    """Return the settings as their types; UsageProblem names where the wrong one stands."""
    try:
        return Profile.model_validate({name: given.value for name, given in layer.items()})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"][:2])
        where = layer[name].origin if name in layer else name
        raise UsageProblem(f"{where}: {first['msg']}", next_step="fix this setting") from None


def _put(layer: Layer, name: str, given: Given) -> None:
    other = layer.get(name)
    if other is not None and other.value != given.value:
        raise UsageProblem(
            f"{other.origin} and {given.origin} both set {name}, and differ", next_step="leave one of them out"
        )
    layer[name] = given


def _require_known(name: str, origin: str, written: str) -> None:
    section, _, rest = name.partition(".")
    if name in NAMES or (section == "kafka" and rest):
        return
    closest = _closest(written, (*NAMES, *FLAT_NAMES))
    near = ", ".join(sorted(each for each in NAMES if each.partition(".")[0] == closest.partition(".")[0]))
    raise UsageProblem(f"{origin}: not a setting", next_step=f"did you mean {closest}? Near it: {near}")


def _closest(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    return get_close_matches(word, list(known), 1, 0)[0]
