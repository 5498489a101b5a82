"""A start without the registry, with the real one: stopped, started again, and replaced by another."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from gridctl.adapters.registry import HttpRegistry, RegistryOptions
from gridctl.adapters.schema_ids import FallbackLookup
from gridctl.errors import Unavailable
from tests.support.wait import wait_until
from tests.unit.local.conftest import Start

SCHEMA, OTHER = '{"type":"string"}', '{"type":"int"}'


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridctl.adapters.schema_ids.VERIFY_EVERY_S", 0.05)


@contextmanager
def lookup(url: str, directory: Path, warn: Callable[[str], None] = pytest.fail) -> Iterator[FallbackLookup]:
    with (
        HttpRegistry(RegistryOptions(url)) as registry,
        FallbackLookup(registry, registry.url, directory, warn) as found,
    ):
        yield found


class Place:
    """One address at which registries come and go."""

    def __init__(self, start: Start, directory: Path) -> None:
        self._start = start
        self._directory = directory
        self._process, self.url = start("--db", str(directory / "first.db"))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def begin(self, name: str) -> None:
        port = self.url.rpartition(":")[2]
        self._process, _ = self._start("--port", port, "--db", str(self._directory / f"{name}.db"))

    def register(self, *schemas: str) -> None:
        for schema in schemas:
            httpx.post(f"{self.url}/subjects/s/versions", json={"schema": schema}).raise_for_status()


@pytest.fixture
def place(start: Start, tmp_path: Path) -> Place:
    """The address of a registry that a command has used before it was stopped."""
    place = Place(start, tmp_path)
    httpx.put(f"{place.url}/config", json={"compatibility": "NONE"})
    place.register(SCHEMA)
    with lookup(place.url, tmp_path) as before:
        found = before.find("s", SCHEMA)
        assert found is not None
        assert before.schema_by_id(found.schema_id)
        before.check()
    place.stop()
    return place


def failure_of(found: FallbackLookup) -> str:
    try:
        found.check()
    except Unavailable as failure:
        return failure.message
    return ""


def test_a_start_without_the_registry_goes_on_and_is_confirmed(place: Place, tmp_path: Path) -> None:
    warnings: list[str] = []
    with lookup(place.url, tmp_path, warnings.append) as found:
        known = found.find("s", '{ "type": "string" }')
        assert (known and known.schema_id, found.schema_by_id(1) is not None, len(warnings)) == (1, True, 1)
        place.begin("first")
        wait_until(lambda: len(warnings) == 2)
        found.check()
        assert found.find("s", OTHER) is None, "it answers, so it is asked"
    assert place.url in warnings[0]
    assert "confirms" in warnings[1]


def test_what_it_never_said_is_not_known(place: Place, tmp_path: Path) -> None:
    with lookup(place.url, tmp_path, lambda _: None) as found:
        for ask in (lambda: found.find("s", OTHER), lambda: found.find("t", SCHEMA), lambda: found.schema_by_id(2)):
            with pytest.raises(Unavailable, match=place.url):
                ask()


@pytest.mark.parametrize("schemas", [(), (OTHER, SCHEMA)])
@pytest.mark.parametrize("used", ["id", "text"])
def test_another_registry_under_the_address_stops_the_run(
    place: Place, tmp_path: Path, schemas: tuple[str, ...], used: str
) -> None:
    with lookup(place.url, tmp_path, lambda _: None) as found:
        assert found.find("s", SCHEMA) if used == "id" else found.schema_by_id(1)
        found.check()
        place.begin("second")
        httpx.put(f"{place.url}/config", json={"compatibility": "NONE"})
        place.register(*schemas)
        wait_until(lambda: "is not the one of before" in failure_of(found))


def test_another_registry_that_answers_at_the_start_is_believed_and_the_old_one_forgotten(
    place: Place, tmp_path: Path
) -> None:
    place.begin("second")
    httpx.put(f"{place.url}/config", json={"compatibility": "NONE"})
    place.register(OTHER, SCHEMA)
    warnings: list[str] = []
    with lookup(place.url, tmp_path, warnings.append) as found:
        known = found.find("s", SCHEMA)
        assert known is not None
        assert known.schema_id == 2
    place.stop()
    with lookup(place.url, tmp_path, lambda _: None) as found, pytest.raises(Unavailable):
        found.schema_by_id(1)
    assert len(warnings) == 1


@pytest.mark.parametrize("text", [b"", b"{", b'{"registry": "http://127.0.0.1:1"}', b'{"registry": 1}', b"\xff"])
def test_a_file_that_cannot_be_used_is_written_again(place: Place, tmp_path: Path, text: bytes) -> None:
    (path,) = tmp_path.glob("schema-ids-*.json")
    good = path.read_bytes()
    path.write_bytes(text)
    with lookup(place.url, tmp_path, lambda _: None) as found, pytest.raises(Unavailable):
        found.find("s", SCHEMA)
    place.begin("first")
    with lookup(place.url, tmp_path, lambda _: None) as found:
        assert found.find("s", SCHEMA)
        assert found.schema_by_id(1)
    assert path.read_bytes() == good
    assert [each.suffix for each in tmp_path.glob("schema-ids-*")] == [".json"]


def test_a_directory_that_cannot_be_written_is_a_warning(start: Start, tmp_path: Path) -> None:
    place = Place(start, tmp_path)
    place.register(SCHEMA)
    (tmp_path / "file").write_text("")
    warnings: list[str] = []
    with lookup(place.url, tmp_path / "file" / "state", warnings.append) as found:
        assert found.find("s", SCHEMA)
    assert "the next start needs the registry" in warnings[-1]
