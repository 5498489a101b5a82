"""Prometheus by its HTTP API, and the text format that it scrapes."""

from __future__ import annotations

import math
from typing import Any, Self

import httpx

from gridctl.errors import Unavailable, UsageProblem
from gridctl.slo.counters import Sample

TIMEOUT_S = 30.0


class Prometheus:
    """A context manager. Every call raises Unavailable when there is no answer that can be understood."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = httpx.Client(timeout=TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def number(self, expression: str) -> float | None:
        """Return what the expression is now: one number, None where there is none."""
        answer = _answered(self._client, "POST", f"{self.url}/api/v1/query", data={"query": expression})
        try:
            document = answer.json()
            if document["status"] != "success":
                raise Unavailable(f"{self.url}: {document.get('error', 'the query failed')}")
            found = [float(each["value"][1]) for each in document["data"]["result"]]
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise Unavailable(
                f"{self.url}: no answer of a Prometheus", next_step="name its address without a path: http://HOST:9090"
            ) from error
        if len(found) > 1:
            raise Unavailable(f"{self.url}: {len(found)} series where one number was asked for")
        return found[0] if found and math.isfinite(found[0]) else None


def scrape(url: str) -> list[Sample]:
    """Return what a command's /metrics endpoint says; Unavailable when it cannot be had, or is not in that format."""
    from prometheus_client.parser import text_string_to_metric_families

    with httpx.Client(timeout=TIMEOUT_S) as client:
        text = _answered(client, "GET", url).text
    try:
        families = list(text_string_to_metric_families(text))
    except ValueError as error:
        raise Unavailable(f"{url}: not in the text format of Prometheus: {error}") from error
    return [Sample(each.name, dict(each.labels), each.value) for family in families for each in family.samples]


def _answered(client: httpx.Client, method: str, url: str, **request: Any) -> httpx.Response:
    try:
        answer = client.request(method, url, **request)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise UsageProblem(f"{url}: not an address: {error}", next_step="write http://HOST:PORT") from error
    except httpx.HTTPError as error:
        raise Unavailable(
            f"{url}: {error or type(error).__name__}", next_step="check the address, and that it runs"
        ) from error
    # A query that is refused is answered with 4xx and a document that says why.
    if answer.is_success or answer.headers.get("content-type", "").startswith("application/json"):
        return answer
    said = (answer.text.strip().splitlines() or [""])[0]
    raise Unavailable(f"{url}: HTTP {answer.status_code}{f': {said}' if said else ''}")
