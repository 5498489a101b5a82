"""What is particular to Glue: versions that wait or fail, the level's checkpoint, and what cannot be reached."""

import json

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from moto import mock_aws

from gridctl.adapters.glue import GlueRegistry
from gridctl.errors import Unavailable, UsageProblem, ViolationFound
from tests.support.moto_glue import REGION, glue_account

URL = f"glue://{REGION}/grid"
ONE = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}]})
OTHER = json.dumps({"type": "record", "name": "R", "fields": [{"name": "b", "type": "int"}]})
THREE = json.dumps({"type": "record", "name": "R", "fields": [{"name": "a", "type": "long"}]})


def test_a_pending_version_is_waited_for() -> None:
    pauses: list[float] = []
    with glue_account("grid") as behaviour, GlueRegistry(URL, sleep=pauses.append) as registry:
        behaviour.statuses = ["PENDING", "PENDING"]
        assert registry.register("s", ONE).version == 1
    assert pauses == [0.1, 0.2]


def test_a_version_that_stays_pending_is_no_success() -> None:
    with glue_account("grid") as behaviour, GlueRegistry(URL, sleep=lambda _: None) as registry:
        behaviour.statuses = ["PENDING"] * 100
        with pytest.raises(Unavailable, match="PENDING for 30 s"):
            registry.register("s", ONE)


def test_a_version_that_glue_refuses_is_taken_away() -> None:
    with glue_account("grid") as behaviour, GlueRegistry(URL) as registry:
        behaviour.statuses = ["FAILURE"]
        with pytest.raises(ViolationFound, match="nothing of it is left"):
            registry.register("s", ONE)
        assert behaviour.deleted == ["1"]


def test_an_incompatible_schema_never_reaches_glue() -> None:
    with glue_account("grid") as behaviour, GlueRegistry(URL) as registry:
        registry.register("s", ONE)
        with pytest.raises(ViolationFound, match="version 1"):
            registry.register("s", OTHER)
        client = boto3.client("glue", region_name=REGION)
        schema = client.get_schema(SchemaId={"RegistryName": "grid", "SchemaName": "s"})
        assert schema["NextSchemaVersion"] == 2
        assert behaviour.deleted == []


def test_the_level_is_backward_all_from_the_first_version_on() -> None:
    with glue_account("grid"), GlueRegistry(URL) as registry:
        registry.register("s", ONE)
        client = boto3.client("glue", region_name=REGION)
        assert (
            client.get_schema(SchemaId={"RegistryName": "grid", "SchemaName": "s"})["Compatibility"] == "BACKWARD_ALL"
        )


def test_a_disabled_schema_takes_no_version() -> None:
    with glue_account("grid"), GlueRegistry(URL) as registry:
        registry.register("s", ONE)
        client = boto3.client("glue", region_name=REGION)
        client.update_schema(SchemaId={"RegistryName": "grid", "SchemaName": "s"}, Compatibility="DISABLED")
        assert registry.level("s") == "DISABLED"
        with pytest.raises(ViolationFound, match="DISABLED"):
            registry.register("s", THREE)


def test_versions_that_failed_or_wait_do_not_count() -> None:
    with glue_account("grid") as behaviour, GlueRegistry(URL) as registry:
        registry.register("s", ONE)
        registry.register("s", THREE)
        behaviour.statuses = ["AVAILABLE", "FAILURE"]
        assert [version.version for version in registry.versions("s")] == [1]


def test_all_pages_of_a_listing_are_read() -> None:
    with glue_account("grid"), GlueRegistry(URL) as registry:
        for number in range(5):
            registry.register(f"s{number}", ONE)
        assert registry.subjects() == [f"s{number}" for number in range(5)]


def test_a_level_before_the_first_version_is_refused() -> None:
    with glue_account("grid"), GlueRegistry(URL) as registry, pytest.raises(UsageProblem, match="no version yet"):
        registry.set_level("s", "FULL")


def test_a_registry_that_is_not_there_is_not_an_empty_one() -> None:
    with mock_aws(), pytest.raises(Unavailable, match="does not exist"):
        GlueRegistry(URL)


def test_without_credentials_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with pytest.raises(Unavailable, match="credentials") as caught:
        GlueRegistry(URL)
    assert isinstance(caught.value.__cause__, NoCredentialsError)


@pytest.mark.parametrize("url", ["glue://", "glue://us-east-1", "glue://us-east-1/a/b", "glue:///name", "http://x/y"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageProblem, match="glue://REGION/REGISTRY-NAME"):
        GlueRegistry(url)
