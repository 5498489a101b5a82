"""A real Prometheus, for the real tier: it scrapes and evaluates every second."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import yaml

from gridctl.local.stack.processes import LOOPBACK, free_ports, start, stop
from tests.support.wait import wait_until


@contextmanager
def prometheus(directory: Path, targets: Sequence[str], rules: Path) -> Iterator[str]:
    """Yield the address of one that scrapes /metrics of these HOST:PORT, with the rules of a file, all each second."""
    own = directory / "rules.yaml"
    own.write_text(rules.read_text(encoding="utf-8").replace("interval: 2m", "interval: 1s"), encoding="utf-8")
    config = directory / "prometheus.yaml"
    document = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(own)],
        "scrape_configs": [{"job_name": "gridstream", "static_configs": [{"targets": list(targets)}]}],
    }
    config.write_text(yaml.safe_dump(document), encoding="utf-8")
    (port,) = free_ports(1)
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'tsdb'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--log.level=warn",
    ]
    process = start(command, directory / "prometheus.log")
    address = f"http://{LOOPBACK}:{port}"
    try:
        wait_until(lambda: _is_ready(address), timeout_s=30)
        yield address
    finally:
        stop((process,))


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/-/ready", timeout=2) as answer:  # noqa: S310 -- the URL is ours
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
