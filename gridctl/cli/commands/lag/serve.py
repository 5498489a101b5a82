"""`gridctl lag serve`: the lag for Prometheus, and for autoscalers of Kubernetes."""

import time as clock
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gridctl.cli.commands.lag.options import Groups, Time, Topics, max_heads
from gridctl.cli.options import Listen, Patience, seconds_of, settings_of
from gridctl.errors import Unavailable, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridctl.lag.board import Board
    from gridctl.lag.source import Look
    from gridctl.runtime.service import Service

KAFKA_EXPORTERS_ADDRESS = "127.0.0.1:9308"

Interval = Annotated[
    float, typer.Option(parser=seconds_of, metavar="DURATION", show_default="10s", help="Measure so often.")
]
MaxAge = Annotated[
    float,
    typer.Option(
        "--max-age",
        parser=seconds_of,
        metavar="DURATION",
        show_default="60s",
        help="A measurement that is older is not used: an autoscaler gets an error and holds, Prometheus no lag.",
    ),
]
StalledAfter = Annotated[
    float,
    typer.Option(
        "--stalled-after",
        parser=seconds_of,
        metavar="DURATION",
        show_default="60s",
        help="A partition is STALLED where records wait and the commit has not moved for so long.",
    ),
]
ApiListen = Annotated[
    str | None, typer.Option("--api-listen", metavar="HOST:PORT", help="Serve the External Metrics API there.")
]
PemFile = Annotated[Path | None, typer.Option(dir_okay=False, help="With --api-listen: a PEM file.")]
AllowedNames = Annotated[
    list[str] | None,
    typer.Option(
        "--allowed-name", metavar="NAME", help="Only the aggregator's certificate of this common name; repeatable."
    ),
]
Insecure = Annotated[bool, typer.Option("--insecure", help="The API in plain HTTP, on loopback only, for tests.")]


def serve(
    context: typer.Context,
    groups: Groups = None,
    topics: Topics = None,
    *,
    listen: Listen = None,
    api_listen: ApiListen = None,
    tls_cert: PemFile = None,
    tls_key: PemFile = None,
    client_ca: PemFile = None,
    allowed_names: AllowedNames = None,
    insecure: Insecure = False,
    interval: Interval = 10.0,
    max_age: MaxAge = 60.0,
    stalled_after: StalledAfter = 60.0,
    time: Time = None,
    patience: Patience = None,
) -> None:
    """Serve the lag of consumer groups to Prometheus and to HorizontalPodAutoscalers, until SIGTERM or Ctrl-C.

    /metrics has kafka_exporter's names (kafka_consumergroup_lag and its siblings) on --listen, 127.0.0.1:9308 by
    default. --api-listen serves the same metrics as external.metrics.k8s.io/v1beta1, to the aggregator that shows a
    certificate of --client-ca. What is not known is absent there and an error here, never 0 or -1: the autoscaler then
    holds its replicas. docs/lag-serve.md shows how to set it up.

        $ gridctl lag serve --listen 127.0.0.1:9308 --api-listen 127.0.0.1:6443 --insecure
    """
    from gridctl.cli.wiring.lag import lag_source
    from gridctl.cli.wiring.lag_serving import ApiOptions, external_metrics_api, metrics_service
    from gridctl.lag.board import Board

    if max_age <= interval:
        raise UsageProblem(
            f"--max-age {max_age:g}s is not longer than --interval {interval:g}s",
            next_step="every measurement would be too old before the next one comes",
        )
    settings = settings_of(context)
    source, board = lag_source(settings), Board(max_age, stalled_after)
    address = listen or settings.profile.service.listen or KAFKA_EXPORTERS_ADDRESS
    service = metrics_service(settings, address, patience, board)
    api = ApiOptions(api_listen, (tls_cert, tls_key, client_ca), allowed_names or [], insecure)
    with service, external_metrics_api(api, board, service):
        _measure(
            service, board, interval, lambda: source.look(groups or None, topics or None, max_heads=max_heads(time))
        )


def _measure(service: "Service", board: "Board", interval_s: float, look: "Callable[[], Look]") -> None:
    """Measure again and again until the command is asked to end; ready while the last measurement is fresh."""
    from gridctl.runtime.clock import wall_clock_ms
    from gridctl.runtime.outage import Needs

    def measure() -> None:
        taken_s = clock.monotonic()
        found = look()
        board.take(found, wall_clock_ms(), taken_s)

    def require_fresh() -> None:
        problem = board.problem(clock.monotonic())
        if problem is not None:
            raise Unavailable(problem)

    with service.working(Needs(conditions={"lag": require_fresh})):
        while not service.is_asked():
            service.attempt(measure)
            service.pause(interval_s)
