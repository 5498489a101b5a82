"""The chain of hashes: what an entry is, and that it is the same on every machine."""

import hashlib
import json

import pytest

from gridctl.audit.chain import START, Head, hash_of, head_of, seal
from gridctl.audit.ledger import Origin
from gridctl.avro.codec import compile_decoder, compile_encoder
from gridctl.contracts.audit import AUDIT_SUBJECT, AuditEntry
from gridctl.errors import UsageProblem
from tests.support.paths import SCHEMAS

AVRO = (SCHEMAS / AUDIT_SUBJECT / "v1.avsc").read_text()
FACT = Origin("ann").fact("schema.level", "a-value", 1_700_000_000_000, before="NONE", after="FULL", reason="ü")


def test_the_first_entry_follows_the_start() -> None:
    entry = seal(FACT, START)
    assert (entry.sequence, entry.previous_hash) == (1, "0" * 64)
    assert entry.entry_hash == hash_of(entry)


def test_the_hash_is_the_sha256_of_rfc_8785_json_without_nulls() -> None:
    document = (
        '{"action":"schema.level","actor":"ann","after":"FULL","before":"NONE","previous_hash":"' + "0" * 64 + '",'
        '"reason":"ü","sequence":1,"subject":"a-value","time_ms":1700000000000}'
    )
    assert seal(FACT, START).entry_hash == hashlib.sha256(document.encode()).hexdigest()


def test_each_entry_follows_the_one_before() -> None:
    first = seal(FACT, START)
    second = seal(FACT, head_of(first))
    assert (second.sequence, second.previous_hash) == (2, first.entry_hash)
    assert second.entry_hash != first.entry_hash


@pytest.mark.parametrize("name", [name for name in AuditEntry.model_fields if name != "entry_hash"])
def test_every_field_counts(name: str) -> None:
    entry = seal(FACT, START)
    value = {"ci_run_id": "7", "commit": "c", "system": "s"}.get(name, "1" * 64)
    if name in ("sequence", "version", "schema_id", "time_ms", "pull_request"):
        changed = entry.model_copy(update={name: 9})
    else:
        changed = entry.model_copy(update={name: value})
    assert hash_of(changed) != entry.entry_hash


def test_a_head_is_written_and_read() -> None:
    head = head_of(seal(FACT, START))
    assert Head.parse(str(head)) == head
    assert Head.parse(f" {head}\n") == head


@pytest.mark.parametrize("text", ["", "1", "1:", "x:" + "0" * 64, "1:" + "0" * 63, "1:" + "G" * 64, "-1:" + "0" * 64])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem):
        Head.parse(text)


def test_the_model_and_the_avro_file_say_the_same() -> None:
    fields = {field["name"]: field for field in json.loads(AVRO)["fields"]}
    assert fields.keys() == AuditEntry.model_fields.keys()
    for name, field in AuditEntry.model_fields.items():
        nullable = isinstance(fields[name]["type"], list)
        assert nullable == (not field.is_required()), name
        if nullable:
            assert fields[name]["type"][0] == "null"
            assert fields[name]["default"] is None


def test_an_entry_survives_avro() -> None:
    entry = seal(FACT, START)
    decoded = compile_decoder(AVRO)(compile_encoder(AVRO)(entry.model_dump()), 0)
    assert AuditEntry.model_validate(decoded) == entry
