"""compose.yaml offers what `gridctl up` offers, on loopback only."""

import yaml

from gridctl.cli.config import ENDPOINT_OF_PART
from tests.support.paths import ROOT

TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")


def test_it_has_every_part_on_loopback() -> None:
    services = yaml.safe_load(TEXT)["services"]
    assert set(services) == set(ENDPOINT_OF_PART)
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert ":" in service["image"], "a version is pinned"


def test_it_says_how_to_point_gridctl_at_each_part() -> None:
    services = yaml.safe_load(TEXT)["services"]
    for name, endpoint in ENDPOINT_OF_PART.items():
        [port] = services[name]["ports"]
        assert f"GRIDCTL_{endpoint.upper()}=" in TEXT
        assert f"127.0.0.1:{port.split(':')[1]}" in TEXT.split("services:")[0]
