"""The shape that long-running commands share, as the settings want it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from gridctl.cli.output import talk
from gridctl.cli.wiring.telemetry import exports_of
from gridctl.runtime.log import Log
from gridctl.runtime.service import Service, Terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridctl.cli.config import Settings
    from gridctl.runtime.http import Answer

# Kubernetes sets it in every container.
POD_VARIABLE = "KUBERNETES_SERVICE_HOST"
SERVICE_PATIENCE_S = 600.0
# For what a script waits for: a broker that starts again is there within a minute.
SCRIPT_PATIENCE_S = 60.0


def service_of(
    settings: Settings,
    command: str,
    listen: str | None,
    patience_s: float | None = None,
    default_patience_s: float = SERVICE_PATIENCE_S,
    metrics: Callable[[], Answer] | None = None,
) -> Service:
    """Return the shape of a command's run; its --listen and --patience win over the profile's.

    `metrics` is what it answers to a scrape besides its telemetry.

    At the start nothing is waited for by default: for who sits before it a wrong address is the likelier cause. A pod
    has its health asked for, and must not be started again and again meanwhile.
    """
    chosen = settings.profile.service
    in_pod = POD_VARIABLE in os.environ and not sys.stderr.isatty()
    as_json = chosen.log == "json" or (chosen.log == "auto" and in_pod)
    log = Log(_write_line if as_json else talk().print, as_json=as_json, command=command)
    address = listen or chosen.listen
    stated_s = chosen.patience_s if patience_s is None else patience_s
    in_force_s = default_patience_s if stated_s is None else stated_s
    at_start_s = in_force_s if address is not None or stated_s is not None else 0.0
    exports = exports_of(command, log.warn, scraped=address is not None)
    log.trace = exports.trace_ids
    return Service(Terms(address, chosen.grace_s, in_force_s, at_start_s), log, exports, metrics)


def _write_line(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
