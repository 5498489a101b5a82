"""Clients of other makers run unchanged against the embedded registry."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.filterwarnings("ignore:The httpx module is deprecated")

ONE = {"type": "record", "name": "R", "namespace": "n", "fields": [{"name": "a", "type": "int"}]}
TWO = ONE | {"fields": [*ONE["fields"], {"name": "b", "type": "string", "default": ""}]}
BAD = ONE | {"fields": [{"name": "a", "type": "string"}]}


@pytest.fixture
def client(api: Any) -> Iterator[Any]:
    from confluent_kafka.schema_registry import SchemaRegistryClient

    with SchemaRegistryClient({"url": api.url}) as client:
        yield client


def avro(schema: object, references: list[Any] | None = None) -> Any:
    from confluent_kafka.schema_registry import Schema

    return Schema(json.dumps(schema), "AVRO", references or [])


def test_registering_reading_and_deleting(client: Any) -> None:
    first = client.register_schema("s", avro(ONE))
    assert client.register_schema("s", avro(ONE)) == first
    second = client.register_schema("s", avro(TWO))
    assert client.get_subjects() == ["s"]
    assert client.get_versions("s") == [1, 2]
    assert json.loads(client.get_schema(second).schema_str) == TWO
    assert client.get_latest_version("s").version == 2
    assert client.get_version("s", 1).schema_id == first
    assert client.lookup_schema("s", avro(ONE)).version == 1
    assert client.delete_version("s", 1) == 1
    assert client.delete_version("s", 1, permanent=True) == 1
    assert client.delete_subject("s") == [2]
    assert client.delete_subject("s", permanent=True) == [2]
    assert client.get_subjects(deleted=True) == []


def test_levels_and_compatibility(client: Any) -> None:
    from confluent_kafka.schema_registry.error import SchemaRegistryError

    client.register_schema("s", avro(ONE))
    assert client.get_compatibility() == "BACKWARD_TRANSITIVE"
    client.set_compatibility("s", "FULL")
    assert client.get_compatibility("s") == "FULL"
    assert client.test_compatibility("s", avro(TWO)) is True
    assert client.test_compatibility("s", avro(BAD)) is False
    with pytest.raises(SchemaRegistryError) as refusal:
        client.register_schema("s", avro(BAD))
    assert (refusal.value.http_status_code, refusal.value.error_code) == (409, 409)
    with pytest.raises(SchemaRegistryError) as absent:
        client.get_latest_version("nobody")
    assert (absent.value.http_status_code, absent.value.error_code) == (404, 40401)


def test_configurations_as_objects(client: Any) -> None:
    from confluent_kafka.schema_registry import ConfigCompatibilityLevel, ServerConfig

    client.set_config("s", ServerConfig(compatibility=ConfigCompatibilityLevel.FORWARD))
    assert client.get_config("s").compatibility_level == "FORWARD"
    client.delete_config("s")
    assert client.get_config().compatibility_level == "BACKWARD_TRANSITIVE"


def test_references(client: Any) -> None:
    from confluent_kafka.schema_registry import SchemaReference

    client.register_schema("r", avro(ONE))
    user = {"type": "record", "name": "U", "namespace": "n", "fields": [{"name": "r", "type": "R"}]}
    schema = avro(user, [SchemaReference("n.R", "r", 1)])
    schema_id = client.register_schema("u", schema)
    assert client.lookup_schema("u", schema).schema_id == schema_id
    assert [reference.subject for reference in client.get_schema(schema_id).references] == ["r"]


def test_the_serializer_and_the_deserializer(client: Any) -> None:
    from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
    from confluent_kafka.serialization import MessageField, SerializationContext

    context = SerializationContext("topic", MessageField.VALUE)
    framed = AvroSerializer(client, json.dumps(TWO))({"a": 1, "b": "x"}, context)
    assert framed is not None
    assert framed[:5] == b"\0\0\0\0\x01"
    assert client.get_subjects() == ["topic-value"]
    assert AvroDeserializer(client)(framed, context) == {"a": 1, "b": "x"}
    looked_up = AvroSerializer(client, json.dumps(TWO), conf={"auto.register.schemas": False})
    assert looked_up({"a": 1, "b": "x"}, context) == framed
    newest = AvroSerializer(client, json.dumps(ONE), conf={"auto.register.schemas": False, "use.latest.version": True})
    assert newest({"a": 1, "b": "x"}, context) == framed
