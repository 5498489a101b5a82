"""docs/scada-map.md: its example is read, and its tables name what the model has and nothing else."""

import re
from typing import get_args

from pydantic import BaseModel

from gridctl.ingest.scada.mapfile import read_map
from gridctl.ingest.scada.model import ByteOrder, DeviceSpec, FieldSpec, MapSpec, RegisterKind, ValueType
from tests.support.paths import ROOT

TEXT = (ROOT / "docs" / "scada-map.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def settings(title: str) -> set[str]:
    first_cells = [line.split("|")[1] for line in section(title).splitlines() if line.startswith("| ")][1:]
    return {name.strip("[]").rpartition(".")[2] for cell in first_cells for name in re.findall(r"`([^`]+)`", cell)}


def names(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_the_example_is_a_map() -> None:
    example = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    first, second = read_map(example[0], "docs/scada-map.md")
    assert [(block.register, block.address, block.count) for block in first.blocks] == [
        ("coil", 0, 1), ("holding", 0, 6), ("input", 3, 1),
    ]  # fmt: skip
    assert (second.interval_ms, second.timeout_ms) == (250, 100)


def test_the_tables_name_every_setting_and_no_other() -> None:
    assert settings("The file") == names(MapSpec)
    assert settings("A device") == names(DeviceSpec)
    assert settings("A field") == names(FieldSpec)


def test_every_word_that_a_setting_may_have_is_named() -> None:
    for words in (get_args(ByteOrder), get_args(DeviceSpec.model_fields["optimization"].annotation)):
        assert all(f"`{word}`" in section("A device") for word in words)
    for words in (get_args(ValueType), get_args(RegisterKind)):
        assert all(f"`{word}`" in section("A field") for word in words)
