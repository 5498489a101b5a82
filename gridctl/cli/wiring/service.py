"""The shape that long-running commands share, as the settings want it."""

from __future__ import annotations

import os
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING

from gridctl.cli.output import talk
from gridctl.runtime.http import Answer, text_answer
from gridctl.runtime.log import Log
from gridctl.runtime.service import Service, Terms

if TYPE_CHECKING:
    from gridctl.cli.config import Settings

# Kubernetes sets it in every container.
POD_VARIABLE = "KUBERNETES_SERVICE_HOST"


def service_of(settings: Settings, command: str, listen: str | None) -> Service:
    """Return the shape of a command's run; `listen` is its --listen, which wins over the profile's."""
    chosen = settings.profile.service
    in_pod = POD_VARIABLE in os.environ and not sys.stderr.isatty()
    as_json = chosen.log == "json" or (chosen.log == "auto" and in_pod)
    log = Log(_write_line if as_json else talk().print, as_json=as_json, command=command)
    return Service(Terms(listen or chosen.listen, chosen.grace_s), log, _no_metrics)


def _write_line(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _no_metrics() -> Answer:
    return text_answer(
        HTTPStatus.NOT_IMPLEMENTED, "this command has no metrics yet: pip install 'gridctl[telemetry]' brings them"
    )
