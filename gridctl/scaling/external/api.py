"""What the External Metrics API answers: discovery, and the values of a metric that a selector matches.

Facts: k8s.io/metrics pkg/apis/external_metrics/v1beta1; the autoscaler's client sums the items of an answer, fails on
an error and on an empty list, and holds the replicas then (k8s.io/kubernetes pkg/controller/podautoscaler).
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from gridctl.lag.samples import HELP, Sample
from gridctl.scaling.external.selector import Selector, SelectorError, parse

GROUP, VERSION = "external.metrics.k8s.io", "v1beta1"
GROUP_VERSION = f"{GROUP}/{VERSION}"
_BASE = f"/apis/{GROUP_VERSION}"
_GROUP = {
    "name": GROUP,
    "versions": [{"groupVersion": GROUP_VERSION, "version": VERSION}],
    "preferredVersion": {"groupVersion": GROUP_VERSION, "version": VERSION},
}
_RESOURCE = {"singularName": "", "namespaced": True, "kind": "ExternalMetricValueList", "verbs": ["get"]}
_DOCUMENTS: Mapping[str, Mapping[str, Any]] = {
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_GROUP]},
    f"/apis/{GROUP}": {"kind": "APIGroup", "apiVersion": "v1", **_GROUP},
    _BASE: {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": GROUP_VERSION,
        "resources": [{"name": name, **_RESOURCE} for name in HELP],
    },
    # The aggregator asks for these every minute until it gets them.
    "/openapi/v2": {"swagger": "2.0", "info": {"title": "Consumer lag", "version": VERSION}, "paths": {}},
    "/openapi/v3": {"paths": {}},
}
_METRIC = re.compile(rf"{_BASE}/namespaces/[^/]+/([^/]+)")
_WORDS_OF_CAUSES = 3


Moment = Callable[[int], str]
"""Writes epoch milliseconds as RFC 3339 in UTC, with whole seconds."""


class Reply(NamedTuple):
    """A status of HTTP, and a document of Kubernetes."""

    status: int
    document: Mapping[str, Any]


def reply(
    path: str,
    query: Mapping[str, Sequence[str]],
    found: Sequence[Sample],
    problem: str | None,
    moment: Moment,
) -> Reply:
    """Answer a request. `found` are the samples to go by; `problem` says why there are none."""
    place = f"/{path.strip('/')}"
    if place in _DOCUMENTS:
        return Reply(HTTPStatus.OK, _DOCUMENTS[place])
    metric = _METRIC.fullmatch(place)
    if metric is None:
        return failure(HTTPStatus.NOT_FOUND, "NotFound", f"there is nothing at {path}; metrics are under {_BASE}")
    name = metric[1]
    if name not in HELP:
        return failure(HTTPStatus.NOT_FOUND, "NotFound", f"there is no metric {name}; there are {', '.join(HELP)}")
    return _values(name, query.get("labelSelector", [""])[0], found, problem, moment)


def failure(code: int, reason: str, message: str) -> Reply:
    """Return the error that Kubernetes' clients read."""
    status = {"status": "Failure", "message": message, "reason": reason, "code": int(code)}
    return Reply(code, {"kind": "Status", "apiVersion": "v1", "metadata": {}, **status})


def quantity(value: float) -> str:
    """Return a number as a Kubernetes quantity: whole, or in thousandths, rounded up."""
    if value == int(value):
        return str(int(value))
    return f"{math.ceil(value * 1000)}m"


def _values(name: str, text: str, found: Sequence[Sample], problem: str | None, moment: Moment) -> Reply:
    """Return the values; an error where one of them is not known, or there is none: zero would scale to nothing."""
    try:
        selector = parse(text)
    except SelectorError as error:
        return failure(HTTPStatus.BAD_REQUEST, "BadRequest", str(error))
    if problem is not None:
        return failure(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", f"{name} is not known: {problem}")
    of_metric = [each for each in found if each.name == name]
    matching = [each for each in of_metric if each.value is not None and selector.matches(each.labels)]
    unknown = _unknown(of_metric, selector, matching)
    if unknown:
        words = "; ".join(unknown[:_WORDS_OF_CAUSES])
        return failure(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", f"{name} is not known: {words}")
    if not matching:
        return failure(HTTPStatus.NOT_FOUND, "NotFound", f"no {name} matches {text or 'an empty selector'}")
    items = [_item(each, moment) for each in matching]
    head = {"kind": "ExternalMetricValueList", "apiVersion": GROUP_VERSION, "metadata": {}}
    return Reply(HTTPStatus.OK, {**head, "items": items})


def _unknown(of_metric: Sequence[Sample], selector: Selector, matching: Sequence[Sample]) -> list[str]:
    """Return why the sum of what matches may be too low; each cause once.

    Groups of which not even the name is known can be none of those that the selector names and that are there.
    """
    wanted = selector.wanted("consumergroup")
    is_complete = wanted is not None and wanted <= {each.labels.get("consumergroup", "") for each in matching}
    causes: dict[str, None] = {}
    for each in of_metric:
        if each.value is None and selector.may_match(each.labels) and not (is_complete and not each.labels):
            where = " ".join(f"{key} {value}" for key, value in each.labels.items())
            causes[f"{where}: {each.cause}" if where else each.cause] = None
    return list(causes)


def _item(each: Sample, moment: Moment) -> Mapping[str, Any]:
    return {
        "metricName": each.name,
        "metricLabels": dict(each.labels),
        "timestamp": moment(each.measured_ms),
        "value": quantity(each.value or 0),
    }
