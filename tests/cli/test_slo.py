"""`gridctl slo`: what a command's own counters say, what cannot be asked, and rules that follow the file."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from tests.support.command import call
from tests.support.http import serving
from tests.support.paths import ROOT

FILE = ROOT / "ci" / "slo.toml"


def slo(directory: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return call("slo", *words, cwd=directory)


def exposition(late: int, refused: int) -> str:
    """What a process would say: a hundred readings of each kind of number."""
    registry = CollectorRegistry()
    seen = Histogram(
        "gridstream_ingestion_latency_seconds", "x", ["gridstream_kind"], registry=registry, buckets=(1.0, 10.0, 60.0)
    )
    for number in range(100):
        seen.labels("thermostat").observe(30 if number < late else 0.5)
    Counter("gridstream_ingest_records", "x", ["topic"], registry=registry).labels("t").inc(100)
    if refused:
        Counter("gridstream_schema_violations", "x", ["gridstream_rule"], registry=registry).labels("r").inc(refused)
    return generate_latest(registry).decode()


def test_since_the_start_of_a_command(tmp_path: Path) -> None:
    with serving({"/metrics": (200, "text/plain", exposition(late=0, refused=2))}) as url:
        done = slo(tmp_path, "show", "--metrics", f"{url}/metrics", "--file", FILE, "-o", "json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["source"], document["window_s"]) == (0, f"{url}/metrics", None)
    by_name = {each["name"]: each for each in document["objectives"]}
    assert by_name["ingestion-latency"] == {
        "name": "ingestion-latency", "target": 0.99, "status": "MET", "attainment": 1.0, "error_budget_left": 1.0,
        "burn_rates": {"since_start": 0.0}, "cause": None,
    }  # fmt: skip
    refused = by_name["schema-violations"]
    assert (refused["status"], refused["attainment"]) == ("MISSED", 0.98)
    assert refused["burn_rates"]["since_start"] == pytest.approx(4)
    assert refused["error_budget_left"] == pytest.approx(-3)
    assert by_name["processing-latency"]["attainment"] is None
    assert by_name["processing-lag"]["status"] == "UNKNOWN"


@pytest.mark.parametrize(
    ("late", "names", "code"),
    [(0, ["ingestion-latency"], 0), (5, ["ingestion-latency"], 3), (0, [], 5), (5, [], 3)],
)
def test_as_a_gate_what_is_missed_is_3_else_what_is_unknown_5(
    tmp_path: Path, late: int, names: list[str], code: int
) -> None:
    with serving({"/metrics": (200, "text/plain", exposition(late, refused=0))}) as url:
        words = ["show", *names, "--metrics", f"{url}/metrics", "--file", FILE]
        assert slo(tmp_path, *words).returncode == 0
        done = slo(tmp_path, *words, "--check")
    assert done.returncode == code
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ((501, "text/plain", "install gridctl[telemetry]\n"), "HTTP 501: install gridctl[telemetry]"),
        ((200, "text/html", "<html>\n"), "not in the text format of Prometheus"),
    ],
)
def test_an_endpoint_that_says_nothing(tmp_path: Path, page: tuple[int, str, str], said: str) -> None:
    with serving({"/metrics": page}) as url:
        done = slo(tmp_path, "show", "--metrics", f"{url}/metrics", "--file", FILE)
    assert (done.returncode, done.stdout) == (5, "")
    assert said in done.stderr


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ((404, "text/plain", "404 page not found\n"), "HTTP 404: 404 page not found"),
        ((400, "application/json", '{"status": "error", "error": "parse error"}'), "parse error"),
        ((200, "application/json", "[]"), "no answer of a Prometheus"),
        ((200, "application/json", '{"status": "success", "data": {"result": [{}]}}'), "no answer of a Prometheus"),
    ],
)  # fmt: skip
def test_a_prometheus_that_is_none(tmp_path: Path, page: tuple[int, str, str], said: str) -> None:
    with serving({"/api/v1/query": page}) as url:
        done = slo(tmp_path, "show", "--prometheus", url, "--file", FILE)
    assert (done.returncode, done.stdout) == (5, "")
    assert said in done.stderr


def test_a_prometheus_that_has_nothing_is_unknown(tmp_path: Path) -> None:
    nothing = '{"status": "success", "data": {"resultType": "vector", "result": []}}'
    with serving({"/api/v1/query": (200, "application/json", nothing)}) as url:
        done = slo(tmp_path, "show", "--prometheus", url, "--file", FILE, "--check", "-o", "json")
    assert done.returncode == 5
    assert {each["status"] for each in json.loads(done.stdout)["objectives"]} == {"UNKNOWN"}


def test_a_prometheus_that_is_away(tmp_path: Path) -> None:
    done = slo(tmp_path, "show", "--prometheus", "http://127.0.0.1:1", "--file", FILE)
    assert (done.returncode, "http://127.0.0.1:1" in done.stderr) == (5, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "--file", FILE], "name one source"),
        (["show", "--file", FILE, "--prometheus", "http://a", "--metrics", "http://b"], "name one source"),
        (["show", "--file", FILE, "nothing", "--metrics", "http://b"], "declares no objective nothing"),
        (["show", "--file", FILE, "--metrics", "no address"], "not an address"),
        (["show", "--file", "none.toml", "--metrics", "http://b"], "none.toml: cannot be read"),
        (["rules", "--file", FILE, "--to", ".", "--check", "."], "--to writes"),
        (["rules", "--file", FILE, "--to", "nowhere"], "cannot be written"),
    ],
)
def test_a_wrong_call(tmp_path: Path, words: list[object], said: str) -> None:
    done = slo(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


def test_rules_that_no_longer_follow_the_file_fail_the_gate(tmp_path: Path) -> None:
    (tmp_path / "slo.toml").write_text(FILE.read_text())
    (tmp_path / "rules").mkdir()
    assert slo(tmp_path, "rules", "--file", "slo.toml", "--check", "rules").returncode == 3
    assert slo(tmp_path, "rules", "--file", "slo.toml", "--to", "rules").returncode == 0
    assert slo(tmp_path, "rules", "--file", "slo.toml", "--check", "rules").returncode == 0
    assert json.loads((tmp_path / "rules" / "slo-dashboard.json").read_text())["uid"] == "gridstream-slo"
    (tmp_path / "slo.toml").write_text(FILE.read_text().replace("target = 0.995", "target = 0.999"))
    done = slo(tmp_path, "rules", "--file", "slo.toml", "--check", "rules")
    assert done.returncode == 3
    assert "rules/slo-rules.yaml, rules/slo-dashboard.json: not what slo.toml says" in done.stderr
    assert yaml.safe_load(slo(tmp_path, "rules", "--file", "slo.toml").stdout)["groups"]


def test_without_a_file_the_one_that_gridctl_comes_with_counts(tmp_path: Path) -> None:
    """On call in a pod there is no clone. A file in the working directory wins."""
    assert "schema-violations" in slo(tmp_path, "rules").stdout
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "slo.toml").write_text("window_days = 1")
    assert "ci/slo.toml: window_days" in slo(tmp_path, "rules").stderr


def test_the_committed_rules_follow_the_file() -> None:
    assert slo(ROOT, "rules", "--check", "ci/slo").returncode == 0
