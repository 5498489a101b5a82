"""`gridctl demo`: the whole platform for a few seconds, with an account of every reading at the end."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridctl.cli.commands.process import GROUP
from gridctl.cli.commands.stack import Broker, BrokerKind
from gridctl.cli.options import Output, OutputFormat, seconds_of, settings_of
from gridctl.errors import UsageProblem, ViolationFound

if TYPE_CHECKING:
    from gridctl.local.demo.meter import Meter
    from gridctl.local.demo.run import Look, Result

app = typer.Typer()

LINE_EVERY_S = 5.0

LONGEST_S = 86_400

Duration = Annotated[
    float,
    typer.Option("--duration", parser=seconds_of, metavar="DURATION", help="For how long the devices send: 90s, 10m."),
]
Devices = Annotated[
    int, typer.Option("--devices", min=10, max=1_000_000, help="Thermostats and chargers, nine to one.")
]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the stack up at the end, to look around.")]


@app.command("demo")
def demo(
    context: typer.Context,
    duration: Duration = 20.0,
    devices: Devices = 2000,
    broker: Broker = BrokerKind.EMBEDDED,
    keep: Keep = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Run the whole platform for a few seconds and account for every reading.

    Starts the stack, simulates Modbus outstations (one does not answer), thermostats and chargers (some have faulty
    firmware), ingests over real sockets, processes, and shows it live. Ends with the account: what the devices sent,
    against what is in Redis and in the dead letter topics; exit code 3 when the two differ.
    Ctrl-C and SIGTERM stop the devices; what they have sent is still processed and accounted for.

        $ gridctl demo --duration 5 --devices 200
    """
    from gridctl.cli.output import talk
    from gridctl.cli.wiring.local import demo_of, stack_of_demo
    from gridctl.local.demo.run import Plan
    from gridctl.runtime.stop import Stop, terminable

    if not 1 <= duration <= LONGEST_S:
        raise UsageProblem("--duration is shorter than a second, or longer than a day", next_step="try --duration 20s")
    settings = settings_of(context)
    say = talk().print
    with (
        terminable(),
        stack_of_demo(settings, broker.value, say, keep=keep) as own,
        demo_of(own, Plan(duration, devices), GROUP, say) as run,
    ):
        run.begin(say)
        with Stop() as stop:
            with _live(run.meter) as watch:
                result = run.run(stop, watch, say)
            _show(result, output)
            if not result.account.balanced:
                raise ViolationFound(
                    f"the account does not balance: {result.account.sentence()}",
                    next_step=f"read the accounts and logs in {run.work_dir}",
                )


@contextmanager
def _live(meter: "Meter") -> "Iterator[Callable[[Look], None]]":
    """Yield what shows a look on stderr: redrawn on a terminal, else a line every few seconds."""
    from gridctl.cli.output import talk
    from gridctl.local.demo.view import Rates, line, screen

    rates = Rates()
    if not talk().is_terminal:
        next_s = 0.0

        def print_line(look: "Look") -> None:
            nonlocal next_s
            if look.elapsed_s >= next_s:
                next_s = look.elapsed_s + LINE_EVERY_S
                talk().print(line(look, rates.of(look), meter.letters()), soft_wrap=True)

        yield print_line
        return
    from rich.live import Live

    with Live(console=talk(), auto_refresh=False) as live:
        yield lambda look: live.update(screen(look, rates.of(look), meter.letters(), meter.circuits()), refresh=True)


def _show(result: "Result", output: OutputFormat) -> None:
    from gridctl.cli.output import print_data, print_table

    report = _report(result)
    if output is not OutputFormat.TABLE:
        print_data(report, output.value)
        return
    sources = [[name, *row.values()] for name, row in report["sources"].items()]
    print_table(["source", "sent", "unanswered", "in Kafka", "dead letters"], sources)
    for title, counts in (("reason", report["by_reason"]), ("firmware", report["by_firmware"])):
        print_table([title, "letters"], list(counts.items()), title=f"Dead letters by {title}")
    latency = report["latency_ms"]
    typer.echo(f"{report['events_per_s']} readings/s, latency p50 {latency['p50']} ms, p99 {latency['p99']} ms")
    typer.echo(result.account.sentence())


def _report(result: "Result") -> dict[str, Any]:
    account = result.account
    return {
        "produced": account.produced,
        "applied": account.applied,
        "stale": account.stale,
        "duplicates": account.duplicates,
        "dead_lettered": account.dead_lettered,
        "lost": account.lost,
        "latency_ms": dict(result.latency_ms),
        "events_per_s": result.events_per_s,
        "in_kafka": sum(account.in_kafka.values()),
        "unanswered_polls": account.unanswered,
        "interval_jitter_ms": dict(result.jitter_ms),
        "sources": _sources(account.sent, account.unanswered, account.in_kafka, account.dead_letters),
        "by_reason": dict(result.letters["by_reason"]),
        "by_firmware": dict(result.letters["by_firmware"]),
    }


def _sources(
    sent: Mapping[str, int], unanswered: int, in_kafka: Mapping[str, int], letters: Mapping[str, int]
) -> dict[str, dict[str, int]]:
    """Return a row for each kind of source; what has no readable kind stands in a row of its own."""
    topics = {"thermostats": "iot.thermostat", "chargers": "ev.session", "scada": "scada.measurement"}
    rows = {
        name: {
            "sent": sent[name],
            "unanswered": unanswered if name == "scada" else 0,
            "in_kafka": in_kafka[topic],
            "dead_letters": letters[f"{topic}.dlq"],
        }
        for name, topic in topics.items()
    }
    rows["unreadable kind"] = {"sent": 0, "unanswered": 0, "in_kafka": 0, "dead_letters": letters["unrouted.dlq"]}
    return rows
