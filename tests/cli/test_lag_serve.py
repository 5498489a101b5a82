"""`gridctl lag serve` on real parts: Prometheus' side, the API's side, who may ask, and a broker that goes away."""

import re
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gridctl.scaling.external.api import GROUP_VERSION
from tests.running_stack import RunningStack
from tests.support import certificates
from tests.support.command import call
from tests.support.lag import LagBench
from tests.support.paths import GRIDCTL, ROOT
from tests.support.wait import wait_until

GROUP = f"/apis/{GROUP_VERSION}"
VALUES = f"{GROUP}/namespaces/default/kafka_consumergroup_lag"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> certificates.Files:
    return certificates.make(tmp_path_factory.mktemp("certificates"))


def tls(files: certificates.Files) -> list[object]:
    return ["--tls-cert", files.cert, "--tls-key", files.key, "--client-ca", files.ca]


@contextmanager
def serving(stack: RunningStack, *words: object) -> Iterator[tuple[str, str]]:
    """Yield the addresses of both sides; it ends with 0."""
    command = ["lag", "serve", "--listen", "127.0.0.1:0", "--api-listen", "127.0.0.1:0", "--interval", "200ms", *words]
    running = subprocess.Popen(
        [GRIDCTL, *map(str, command)], env=stack.environment, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert running.stderr is not None
    try:
        addresses: list[str] = []
        while len(addresses) < 2:
            line = running.stderr.readline()
            assert line, "it ended"
            addresses += re.findall(r"https?://\S+", line)
        yield addresses[0], addresses[1]
        running.send_signal(signal.SIGTERM)
        _, error = running.communicate(timeout=30)
        assert (running.returncode, "Traceback" in error) == (0, False), error
    finally:
        running.kill()
        running.wait()


def scraped(url: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Return the values by metric and by the values of the labels, in the order of their names."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(httpx.get(f"{url}/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels[name] for name in sorted(sample.labels))] = (
                sample.value
            )
    return found


@pytest.mark.stack
def test_both_sides_say_the_same_and_only_the_aggregator_is_answered(
    stack: RunningStack, files: certificates.Files
) -> None:
    bench = LagBench(stack.bootstrap)
    bench.append(0, 7)
    bench.append(1, 3)
    bench.commit(0, 5)
    with serving(stack, bench.group, *tls(files)) as (plain, api):
        wait_until(lambda: httpx.get(f"{plain}/readyz").status_code == 200)
        found = scraped(plain)
        assert found["kafka_consumergroup_lag"] == {
            (bench.group, "0", bench.topic): 2,
            (bench.group, "1", bench.topic): 3,
        }
        assert found["kafka_consumergroup_lag_sum"] == {(bench.group, bench.topic): 5}
        assert found["kafka_consumergroup_current_offset"] == {(bench.group, "0", bench.topic): 5}
        assert found["kafka_topic_partition_current_offset"] == {("0", bench.topic): 7, ("1", bench.topic): 3}
        assert found["kafka_brokers"][()] >= 1
        assert -1 not in {value for values in found.values() for value in values.values()}

        anybody = ssl.create_default_context(cafile=files.ca)
        with httpx.Client(base_url=api, verify=anybody) as client:
            assert [client.get(path).status_code for path in ("/livez", "/readyz")] == [200, 200]
            for path in ("/apis", GROUP, VALUES, "/nothing"):
                refused = client.get(path)
                assert (refused.status_code, refused.json()["reason"]) == (401, "Unauthorized")
        aggregator = ssl.create_default_context(cafile=files.ca)
        aggregator.load_cert_chain(files.cert, files.key)
        with httpx.Client(base_url=api, verify=aggregator) as client:
            assert client.get(GROUP).json()["kind"] == "APIResourceList"
            selector = f"consumergroup={bench.group},topic in ({bench.topic})"
            listed = client.get(VALUES, params={"labelSelector": selector}).json()
            assert sorted(item["value"] for item in listed["items"]) == ["2", "3"]
            nothing = client.get(VALUES, params={"labelSelector": "consumergroup=nobody"})
            assert (nothing.status_code, nothing.json()["kind"]) == (404, "Status")


@pytest.mark.stack
def test_only_the_aggregator_of_an_allowed_name_is_answered(stack: RunningStack, files: certificates.Files) -> None:
    context = ssl.create_default_context(cafile=files.ca)
    context.load_cert_chain(files.cert, files.key)
    for name, status in (("front-proxy-client", 401), ("test server", 200)):
        with serving(stack, "nobody", *tls(files), "--allowed-name", name) as (_, api):
            assert httpx.get(f"{api}/apis", verify=context).status_code == status


@pytest.mark.stack
@pytest.mark.embedded
@pytest.mark.slow
def test_with_the_broker_away_an_error_holds_the_replicas_and_no_number_is_left(own_stack: RunningStack) -> None:
    bench = LagBench(own_stack.bootstrap)
    bench.append(0, 7)
    bench.commit(0, 5)

    def values(api: str) -> tuple[int, Any]:
        answer = httpx.get(f"{api}{VALUES}", params={"labelSelector": f"consumergroup={bench.group}"}, timeout=10)
        return answer.status_code, answer.json()

    with serving(own_stack, "--insecure", "--max-age", "1s") as (plain, api):
        wait_until(lambda: values(api)[0] == 200)
        with own_stack.without("broker"):
            wait_until(lambda: values(api)[0] == 503)
            assert "kafka_consumergroup_lag" not in scraped(plain)
            assert scraped(plain)["gridstream_lag_measurement_timestamp_seconds"]
            assert [httpx.get(f"{plain}/{path}").status_code for path in ("livez", "readyz")] == [200, 503]
            status, document = values(api)
            assert (status, document["reason"]) == (503, "ServiceUnavailable")
        wait_until(lambda: values(api)[0] == 200)
        assert httpx.get(f"{plain}/readyz").status_code == 200


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--api-listen", "127.0.0.1:0"], "--api-listen needs TLS"),
        (["--api-listen", "0.0.0.0:0", "--insecure"], "not on loopback"),
        (["--api-listen", "127.0.0.1:0", "--insecure", "--allowed-name", "x"], "without TLS"),
        (["--insecure"], "without --api-listen"),
        (["--max-age", "5s"], "not longer than"),
        (["--api-listen", "nowhere", "--insecure"], "not HOST:PORT"),
        (
            ["--api-listen", "127.0.0.1:0", "--tls-cert", "none", "--tls-key", "none", "--client-ca", "none"],
            "cannot be used",
        ),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_served(words: list[str], said: str, tmp_path: Path) -> None:
    done = call(
        "lag", "serve", "--listen", "127.0.0.1:0", *words, cwd=tmp_path, env={"GRIDCTL_BOOTSTRAP": "127.0.0.1:1"}
    )
    assert done.returncode == 2
    assert said in done.stderr


RECORDED = ROOT / "tests" / "data" / "hpa-requests.jsonl"
