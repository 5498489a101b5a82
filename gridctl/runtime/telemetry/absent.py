"""Telemetry that is not there."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Self

from gridctl.runtime.http import Answer, text_answer


class NoExports:
    """Implements Exports. A scrape is answered with why there are no metrics, as a failure: nothing reads as zero."""

    telemetry = None

    def __init__(self, why: str) -> None:
        self._why = why

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def metrics(self) -> Answer:
        """Answer a scrape."""
        return text_answer(HTTPStatus.NOT_IMPLEMENTED, self._why)

    def trace_ids(self) -> Mapping[str, str]:
        """Return nothing."""
        return {}
