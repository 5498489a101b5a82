"""What can be set, in sections; every setting has one dotted name, for example `registry.token_file`."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from gridctl.contracts.clock import ALLOWED_SKEW_MS
from gridctl.contracts.deadletter import RAW_CAP_BYTES
from gridctl.errors import UsageProblem

# The names before there were sections; they go on working in files, after -X and as variables.
FLAT_NAMES: Mapping[str, str] = {
    "bootstrap": "kafka.bootstrap",
    "registry": "registry.url",
    "redis": "redis.url",
    "mqtt": "mqtt.address",
    **{f"registry_{each}_file": f"registry.{each}_file" for each in ("token", "ca", "cert", "key")},
}
# librdkafka's own names of what a login needs; they have variables, all others are set in a file or after -X.
KAFKA_LOGIN = ("security.protocol", "sasl.mechanism", "sasl.username", "ssl.ca.location")
KAFKA_SECRETS = ("sasl.password", "ssl.key.password", "sasl.oauthbearer.client.secret")
_SECRET = re.compile(r"(password|passphrase|secret|token|key\.pem|oauthbearer\.config)$")


def is_secret(name: str) -> bool:
    """Return whether a setting's value is never shown."""
    return _SECRET.search(name) is not None


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Section):
    """What logging in to a server takes, and the PEM files of TLS. A secret comes from a variable or from a file."""

    section: ClassVar[str]

    username: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def secret(self, name: str) -> str | None:
        """Return `password` or `token`, from its variable or file, or None; raise UsageProblem."""
        return secret_of(f"{self.section}.{name}", getattr(self, name), getattr(self, f"{name}_file"))


class Registry(Server):
    """A schema registry: http(s) URL."""

    section = "registry"

    url: str | None = None
    token: SecretStr | None = None
    token_file: Path | None = None


class Redis(Server):
    """Redis or Valkey: redis:// URL, rediss:// for TLS."""

    section = "redis"

    url: str | None = None


class Mqtt(Server):
    """An MQTT broker, host:port; `tls` trusts the machine's certificate authorities, `ca_file` these ones."""

    section = "mqtt"

    address: str | None = None
    tls: bool = False


class Service(_Section):
    """Long-running commands: where they say how they are, how they log, and how long they wait for what is away.

    `grace_s` is their time to end in after a signal.
    """

    listen: str | None = None
    log: Literal["auto", "text", "json"] = "auto"
    grace_s: Annotated[float, Field(gt=0)] = 25.0
    patience_s: Annotated[float, Field(ge=0)] | None = None


class Kafka(BaseModel):
    """`bootstrap` is host:port[,…]; everything else is a librdkafka property."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, str | int | float | bool] = Field(init=False)

    bootstrap: str | None = None

    def properties(self) -> dict[str, str | int | float | bool]:
        """Return the librdkafka properties, secrets of files included; raise UsageProblem."""
        found = dict(self.__pydantic_extra__)
        for name in KAFKA_SECRETS:
            file = found.pop(f"{name}_file", None)
            given = SecretStr(str(found[name])) if name in found else None
            secret = secret_of(f"kafka.{name}", given, None if file is None else Path(str(file)))
            found |= {} if secret is None else {name: secret}
        return found


class Profile(_Section):
    """One profile. It is made from sections, from dotted names or from flat names."""

    schemas: Path | None = None
    protected: bool = False
    allowed_skew_ms: Annotated[int, Field(ge=0)] = ALLOWED_SKEW_MS
    raw_cap_bytes: Annotated[int, Field(ge=0, le=1024 * 1024)] = RAW_CAP_BYTES
    kafka: Kafka = Field(default=Kafka(), repr=False)  # its properties may hold a password
    registry: Registry = Registry()
    redis: Redis = Redis()
    mqtt: Mqtt = Mqtt()
    service: Service = Service()
    prometheus: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _in_sections(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        nested: dict[str, Any] = {}
        for written, value in flattened(values):
            section, dot, key = dotted(written).partition(".")
            if dot:
                nested.setdefault(section, {})[key] = value
            else:
                nested[section] = value
        return nested


def _names() -> Iterator[str]:
    for name, field in Profile.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            yield from (f"{name}.{key}" for key in model.model_fields)
        else:
            yield name


def flattened(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value with its dotted name, as it is written."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def dotted(written: str) -> str:
    """Return the dotted name of a setting that may be written with its flat name."""
    return FLAT_NAMES.get(written, written)


def secret_of(name: str, value: SecretStr | None, file: Path | None) -> str | None:
    """Return a secret that a variable or a file holds, or None; the line end of a file is not part of it."""
    if value is not None and file is not None:
        raise UsageProblem(f"{name} and {name}_file are both set", next_step="leave one of them out")
    where = name if file is None else str(file)
    try:
        text = value.get_secret_value() if value else file.read_text(encoding="utf-8").rstrip("\r\n") if file else None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageProblem(f"{where}: cannot be read: {reason}", next_step=f"fix {name}_file") from None
    if text is not None and (not text or any(ord(each) < ord(" ") for each in text)):
        raise UsageProblem(f"{where}: {name} is empty or has several lines", next_step="put the secret alone there")
    return text


NAMES = frozenset(_names())
