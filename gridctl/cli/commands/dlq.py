"""`gridctl dlq`: what was refused, and why."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gridctl.cli.options import Output, OutputFormat, RecordFormat, RecordOutput, group, settings_of
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


@app.command("summary")
def summary(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """Count dead letters by reason (the rule that was broken), firmware and topic.

    $ gridctl dlq summary -o json
    """
    from gridctl.cli.output import print_data, print_table
    from gridctl.cli.wiring.base import catalogue_of
    from gridctl.cli.wiring.streaming import dead_letters_of
    from gridctl.deadletters.view import summarise

    settings = settings_of(context)
    topics = catalogue_of(settings).dead_letter_topics
    with dead_letters_of(settings) as letters:
        counts = summarise(letters(topics))
    if output is not OutputFormat.TABLE:
        print_data(counts, output.value)
        return
    for title, key in (("Reason", "by_reason"), ("Firmware", "by_firmware"), ("Topic", "by_topic")):
        print_table([title.lower(), "letters"], [*counts[key].items(), ("total", counts["total"])], title=title)


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
    from gridctl.cli.output import print_data, print_json_lines
    from gridctl.cli.wiring.base import catalogue_of
    from gridctl.cli.wiring.streaming import dead_letters_of

    settings = settings_of(context)
    topics = _topics(catalogue_of(settings), topic)
    with dead_letters_of(settings) as letters:
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


def _print_table(rows: Iterable[dict[str, Any]]) -> None:
    from gridctl.cli.output import print_table, time_and_age
    from gridctl.runtime.clock import wall_clock_ms

    now_ms = wall_clock_ms()
    columns = ("device_id", "firmware", "rule", "reason")
    cells = ([*time_and_age(row["rejected_at_ms"], now_ms), *(row[column] for column in columns)] for row in rows)
    print_table(("refused", "age", *columns), cells, cut=True)
