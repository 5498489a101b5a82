"""The registry port on AWS Glue Schema Registry, through boto3.

Glue has no dry run: a version that it refuses stays behind as FAILURE. So all versions are fetched and judged here,
with our engine, before anything is sent. Glue has no integer ids and no references (ADR 0008).
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from gridctl.avro import Level, Schema, SchemaInvalid, check, parse
from gridctl.avro.fingerprint import fingerprint
from gridctl.contracts.registry import SchemaReference, SchemaVersion
from gridctl.errors import Unavailable, UsageProblem, ViolationFound

DEFAULT_LEVEL = Level.BACKWARD_TRANSITIVE
AVAILABLE_AFTER_S = 30.0
_NAME = re.compile(r"[a-zA-Z0-9\-_$#.]{1,255}")
_ABSENT = "EntityNotFoundException"


class GlueRegistry:
    """Implements SchemaRegistry for `glue://REGION/REGISTRY-NAME`. A context manager; credentials are boto3's."""

    def __init__(self, url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        region, self._name = _split(url)
        self.url = url
        self._sleep = sleep
        settings = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "max_attempts": 4})
        with self._translated("connecting"):
            self._glue: Any = boto3.client("glue", region_name=region, config=settings)
        if (
            self._call("looking the registry up", self._glue.get_registry, RegistryId={"RegistryName": self._name})
            is None
        ):
            raise Unavailable(
                f"{url}: this registry does not exist",
                next_step=f"aws glue create-registry --registry-name {self._name} --region {region}",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._glue.close()

    def find(self, subject: str, schema: str) -> SchemaVersion | None:
        """Return the version of the subject that holds this schema, or None; raise Unavailable."""
        try:
            wanted = fingerprint(schema)
        except SchemaInvalid:
            return None
        return next((held for held in self.versions(subject) if fingerprint(held.schema) == wanted), None)

    def schema_by_id(self, schema_id: int) -> str | None:
        """Return the schema text of an id, or None: what `schema_id_of` makes of a text that the registry holds."""
        versions = (version for subject in self.subjects() for version in self.versions(subject))
        return next((version.schema for version in versions if version.schema_id == schema_id), None)

    def subjects(self) -> list[str]:
        """Return all schemas of the registry, sorted."""
        found: list[str] = []
        more: dict[str, str] = {}
        while True:
            page = self._call(
                "listing the schemas", self._glue.list_schemas, RegistryId={"RegistryName": self._name}, **more
            )
            found += [entry["SchemaName"] for entry in (page or {}).get("Schemas", ())]
            token = (page or {}).get("NextToken")
            if not token:
                return sorted(found)
            more = {"NextToken": token}

    def versions(self, subject: str) -> list[SchemaVersion]:
        """Return all available versions of a subject, oldest first; empty when there is none."""
        schema = self._schema(subject)
        if schema is None:
            return []
        answers = (
            self._call(
                f"reading {subject} version {number}",
                self._glue.get_schema_version,
                SchemaId=self._id(subject),
                SchemaVersionNumber={"VersionNumber": number},
            )
            for number in range(1, schema["NextSchemaVersion"])
        )
        return [_version(subject, answer) for answer in answers if answer and answer["Status"] == "AVAILABLE"]

    def register(self, subject: str, schema: str, references: Sequence[SchemaReference] = ()) -> SchemaVersion:
        """Register, or return the version that holds the schema; ViolationFound when incompatible."""
        if references:
            raise UsageProblem(
                f"{subject}: Glue knows no references", next_step="write the type out where it is used first"
            )
        if not _NAME.fullmatch(subject):
            raise UsageProblem(f"{subject}: not a name that Glue takes", next_step="use letters, digits and -_$#. only")
        candidate = _parsed(subject, schema)
        known = self.find(subject, schema)
        if known is not None:
            return known
        level = self.level(subject)
        self._require_compatible(subject, candidate, level)
        return self._sent(subject, schema, is_new=level is None)

    def level(self, subject: str) -> str | None:
        """Return the subject's level, or None when the subject does not exist; Glue's own DISABLED stays as it is."""
        schema = self._schema(subject)
        return None if schema is None else str(schema["Compatibility"]).replace("_ALL", "_TRANSITIVE")

    def set_level(self, subject: str, level: str) -> None:
        """Set the subject's own compatibility level, with all its versions behind the checkpoint."""
        if level not in Level.__members__:
            raise UsageProblem(f"{level} is not a compatibility level", next_step=f"use one of {', '.join(Level)}")
        changed = self._call(
            f"setting the level of {subject} to {level}",
            self._glue.update_schema,
            SchemaId=self._id(subject),
            Compatibility=_glue_level(level),
            # The checkpoint: Glue compares a new version with those from here on alone.
            SchemaVersionNumber={"VersionNumber": 1},
        )
        if changed is None:
            raise UsageProblem(f"{subject}: has no version yet, and in Glue a level belongs to a schema")

    def _sent(self, subject: str, schema: str, *, is_new: bool) -> SchemaVersion:
        what = f"registering a schema under {subject}"
        if is_new:
            added = self._call(
                what,
                self._glue.create_schema,
                RegistryId={"RegistryName": self._name},
                SchemaName=subject,
                DataFormat="AVRO",
                Compatibility=_glue_level(DEFAULT_LEVEL),
                SchemaDefinition=schema,
            )
        else:
            added = self._call(
                what, self._glue.register_schema_version, SchemaId=self._id(subject), SchemaDefinition=schema
            )
        if added is None:
            raise Unavailable(f"{what}: the registry {self.url} is gone")
        return self._when_available(subject, added["SchemaVersionId"])

    def _when_available(self, subject: str, version_id: str) -> SchemaVersion:
        what = f"waiting for the new version of {subject}"
        waited_s, pause_s = 0.0, 0.1
        while True:
            answer = self._call(what, self._glue.get_schema_version, SchemaVersionId=version_id)
            status = answer["Status"] if answer else "gone"
            if answer and status == "AVAILABLE":
                return _version(subject, answer)
            if status != "PENDING":
                raise self._refused(subject, answer, status)
            if waited_s >= AVAILABLE_AFTER_S:
                raise Unavailable(f"{what}: Glue has left it PENDING for {AVAILABLE_AFTER_S:.0f} s")
            self._sleep(pause_s)
            waited_s += pause_s
            pause_s = min(2 * pause_s, 2.0)

    def _refused(self, subject: str, answer: Any, status: str) -> ViolationFound:
        """Take away what Glue refused although we did not, and say so."""
        left = "nothing of it is left"
        if answer and status == "FAILURE":
            number = answer["VersionNumber"]
            outcome = self._call(
                f"deleting the refused version {number} of {subject}",
                self._glue.delete_schema_versions,
                SchemaId=self._id(subject),
                Versions=str(number),
            )
            if outcome and outcome.get("SchemaVersionErrors"):
                left = f"version {number} is left as FAILURE"
        return ViolationFound(
            f"{subject}: Glue refuses the schema ({status}), our check does not; {left}",
            next_step="`gridctl schema check --registry` shows both verdicts; somebody may have registered meanwhile",
        )

    def _require_compatible(self, subject: str, candidate: Schema, level: str | None) -> None:
        held = self.versions(subject)
        if level not in (*Level.__members__, None):
            raise ViolationFound(f"{subject}: its level in Glue is {level}, which takes no new version")
        breaks = check(
            Level(level or DEFAULT_LEVEL), candidate, [(old.version, _parsed(subject, old.schema)) for old in held]
        )
        if breaks:
            words = "; ".join(f"version {entry.version}: {entry.incompatibility.message}" for entry in breaks)
            raise ViolationFound(
                f"the schema is incompatible with earlier versions of {subject}: {words}",
                next_step=f"change the schema: {breaks[0].incompatibility.fix}",
            )

    def _schema(self, subject: str) -> Any:
        # Glue answers an impossible name with an error, and the port's answer is that there is none.
        if not _NAME.fullmatch(subject):
            return None
        return self._call(f"looking {subject} up", self._glue.get_schema, SchemaId=self._id(subject))

    def _id(self, subject: str) -> dict[str, str]:
        return {"RegistryName": self._name, "SchemaName": subject}

    def _call(self, what: str, operation: Callable[..., Any], **arguments: Any) -> Any:
        """Return the answer, or None where Glue says that the thing is not there."""
        with self._translated(what):
            try:
                return operation(**arguments)
            except ClientError as error:
                if error.response["Error"]["Code"] == _ABSENT:
                    return None
                raise

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            details = error.response["Error"]
            if details["Code"] == "InvalidInputException":
                raise UsageProblem(f"{what}: Glue refuses it: {details['Message']}") from error
            raise Unavailable(
                f"{what}: {self.url} answers {details['Code']}: {details['Message']}",
                next_step="check the AWS credentials and what they may do (glue:GetSchemaVersion and the like)",
            ) from error
        except (BotoCoreError, ValueError) as error:
            raise Unavailable(
                f"{what}: {self.url} cannot be reached: {error}", next_step="check the AWS credentials and the region"
            ) from error


def schema_id_of(schema: str) -> int:
    """Return the id that stands for a schema of Glue, which has none of its own: 31 bits of its fingerprint."""
    return int(fingerprint(schema)[:8], 16) >> 1


def _version(subject: str, answer: Any) -> SchemaVersion:
    text = answer["SchemaDefinition"]
    return SchemaVersion(subject, answer["VersionNumber"], schema_id_of(text), text)


def _parsed(subject: str, schema: str) -> Schema:
    try:
        return parse(schema)
    except SchemaInvalid as error:
        raise UsageProblem(f"the schema for {subject} is not valid: {error.message}") from error


def _glue_level(level: str) -> str:
    return level.replace("_TRANSITIVE", "_ALL")


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    name = parts.path.strip("/")
    if parts.scheme != "glue" or not parts.netloc or not _NAME.fullmatch(name):
        raise UsageProblem(f"{url}: not the address of a Glue registry", next_step="write glue://REGION/REGISTRY-NAME")
    return parts.netloc, name
