"""`gridctl dlq`: what was refused, and why."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridctl.cli.options import (
    Output,
    OutputFormat,
    RecordFormat,
    RecordOutput,
    Since,
    epoch_ms_of,
    group,
    settings_of,
)
from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from gridctl.contracts.topics import TopicCatalogue
    from gridctl.deadletters.view import StoredLetter

Topic = Annotated[
    str | None, typer.Option("--topic", help="Only this dead letter topic, or that of this measurement topic.")
]
Rule = Annotated[str | None, typer.Option("--rule", help="Only letters of this rule.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most that many letters.")]

app = group("dlq")

SHOWN, SHOWN_COUNTS = 15, 5


@app.command("summary")
def summary(context: typer.Context, since: Since = None, output: Output = OutputFormat.TABLE) -> None:
    """Count dead letters by cause: the rule that was broken, the firmware that broke it, and the topic.

    With --since it looks at a window of time: how many letters a minute come now (in the last tenth of the window),
    since when, and the trend over its ten parts. `≤` before a time says that it may have begun before the window.

        $ gridctl dlq summary --since 10m
    """
    from gridctl.cli.output import print_data, talk
    from gridctl.cli.wiring.base import catalogue_of
    from gridctl.cli.wiring.streaming import dead_letters_of
    from gridctl.deadletters.summary import Window, summarise
    from gridctl.runtime.clock import wall_clock_ms

    settings, now_ms = settings_of(context), wall_clock_ms()
    window = None if since is None else Window(epoch_ms_of(since, now_ms), now_ms)
    topics = catalogue_of(settings).dead_letter_topics
    with dead_letters_of(settings, talk().print) as letters:
        found = summarise(letters(topics, window and window.since_ms), window)
    if output is OutputFormat.TABLE:
        _print_summary(found, now_ms)
    else:
        print_data(found, output.value)


@app.command("show")
def show(
    context: typer.Context,
    topic: Topic = None,
    rule: Rule = None,
    limit: Limit = None,
    output: RecordOutput = RecordFormat.TABLE,
) -> None:
    """Show dead letters in the order of their topics, each with the reason and the record as it came.

    $ gridctl dlq show --limit 10 -o jsonl
    """
    from gridctl.cli.output import print_data, print_json_lines, talk
    from gridctl.cli.wiring.base import catalogue_of
    from gridctl.cli.wiring.streaming import dead_letters_of

    settings = settings_of(context)
    topics = _topics(catalogue_of(settings), topic)
    with dead_letters_of(settings, talk().print) as letters:
        rows = islice(_rows(letters(topics), rule), limit)
        if output is RecordFormat.JSONL:
            print_json_lines(rows)
        elif output is RecordFormat.TABLE:
            _print_table(rows)
        else:
            print_data(list(rows), output.value)


def _rows(letters: "Iterable[StoredLetter]", rule: str | None) -> Iterator[dict[str, Any]]:
    from gridctl.deadletters.view import letter_row

    rows = (letter_row(found) for found in letters)
    return (row for row in rows if rule is None or row["rule"] == rule)


def _topics(catalogue: "TopicCatalogue", topic: str | None) -> list[str]:
    known = catalogue.dead_letter_topics
    if topic is None:
        return known
    spec = catalogue.by_name.get(topic)
    wanted = spec.dlq if spec is not None and spec.dlq is not None else topic
    if wanted not in known:
        raise UsageProblem(
            f"--topic {topic} is not a dead letter topic and has none", next_step=f"name one of {', '.join(known)}"
        )
    return [wanted]


def _print_summary(found: dict[str, Any], now_ms: int) -> None:
    from gridctl.cli.causes import cause_table
    from gridctl.cli.output import print_table, printable, time_text

    since_ms, causes = found["since_ms"], found["by_cause"]
    typer.echo(
        f"{found['total']} dead letters"
        + (
            ""
            if since_ms is None
            else f" since {time_text(since_ms, now_ms)}, {found['per_minute_now']:g} a minute now"
        )
    )
    if not causes:
        return
    columns, rows = cause_table(found, now_ms)
    print_table(columns, rows[:SHOWN], cut=True)
    if rest := causes[SHOWN:]:
        typer.echo(f"and {len(rest)} causes more, with {sum(cause['letters'] for cause in rest)} letters: -o json")
    for title, key in (("rule", "by_reason"), ("family", "by_firmware_family"), ("topic", "by_topic")):
        counts = ", ".join(f"{name} {count}" for name, count in list(found[key].items())[:SHOWN_COUNTS])
        typer.echo(f"by {title}: {printable(counts)}")


def _print_table(rows: Iterable[dict[str, Any]]) -> None:
    from gridctl.cli.output import print_table, time_and_age
    from gridctl.runtime.clock import wall_clock_ms

    now_ms = wall_clock_ms()
    columns = ("device_id", "firmware", "rule", "reason")
    cells = ([*time_and_age(row["rejected_at_ms"], now_ms), *(row[column] for column in columns)] for row in rows)
    print_table(("refused", "age", *columns), cells, cut=True)
