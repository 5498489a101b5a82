"""AWS Glue on moto, in this process. moto judges nothing and never lets anybody wait; `Behaviour` makes up for that."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.responses import ActionResult
from moto.glue.models import FakeSchemaVersion
from moto.glue.responses import GlueResponse

from gridctl.adapters.glue import GlueRegistry

REGION = "us-east-1"


@dataclass
class Behaviour:
    """What the next versions go through before they rest, as Glue's documentation says, and what was deleted."""

    statuses: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)


@cache
def _session() -> boto3.Session:
    """Make the session of all accounts: what it reads of AWS takes half a second."""
    return boto3.Session()


@contextmanager
def glue_account(*registries: str) -> Iterator[Behaviour]:
    """Give this process an AWS account with these registries, and the calls of Glue that moto lacks."""
    behaviour = Behaviour()
    asked = FakeSchemaVersion.get_schema_version_as_dict

    def list_schemas(self: GlueResponse) -> ActionResult:
        name = self._get_param("RegistryId")["RegistryName"]
        schemas = sorted(self.glue_backend.registries[name].schemas)
        at = int(self._get_param("NextToken") or 0)
        page: dict[str, Any] = {"Schemas": [{"SchemaName": schema} for schema in schemas[at : at + 2]]}
        return ActionResult(page | ({"NextToken": str(at + 2)} if len(schemas) > at + 2 else {}))

    def delete_schema_versions(self: GlueResponse) -> ActionResult:
        behaviour.deleted.append(self._get_param("Versions"))
        return ActionResult({"SchemaVersionErrors": []})

    def with_status(self: FakeSchemaVersion) -> dict[str, Any]:
        return asked(self) | ({"Status": behaviour.statuses.pop(0)} if behaviour.statuses else {})

    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(boto3, "DEFAULT_SESSION", _session())
        patch.setattr(GlueResponse, "list_schemas", list_schemas, raising=False)
        patch.setattr(GlueResponse, "delete_schema_versions", delete_schema_versions, raising=False)
        patch.setattr(FakeSchemaVersion, "get_schema_version_as_dict", with_status)
        client = boto3.client("glue", region_name=REGION)
        for name in registries:
            client.create_registry(RegistryName=name)
        yield behaviour


@contextmanager
def glue_registry(name: str) -> Iterator[GlueRegistry]:
    """Yield a fresh registry in an account of its own."""
    with glue_account(name), GlueRegistry(f"glue://{REGION}/{name}") as registry:
        yield registry
