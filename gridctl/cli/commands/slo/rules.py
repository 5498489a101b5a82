"""`gridctl slo rules`: what Prometheus and Grafana need to watch the objectives."""

from pathlib import Path
from typing import Annotated

import typer

from gridctl.cli.commands.slo.declared import File, chosen_file, slos_of
from gridctl.errors import UsageProblem, ViolationFound

To = Annotated[
    Path | None, typer.Option("--to", metavar="DIR", help="Write the files there, instead of the rules to stdout.")
]
Check = Annotated[
    Path | None, typer.Option("--check", metavar="DIR", help="Write nothing; exit 3 when the files there differ.")
]


def rules(file: File = None, to: To = None, check: Check = None) -> None:
    """Write recording and alerting rules for Prometheus (slo-rules.yaml) and a Grafana dashboard (slo-dashboard.json).

    An alert fires when the error budget burns too fast in a long window and still does in a short one.

        $ gridctl slo rules --check ci/slo
    """
    from gridctl.cli.output import talk
    from gridctl.runtime.progress import write_whole

    if to is not None and check is not None:
        raise UsageProblem("--to writes and --check compares", next_step="name one of them")
    declared = chosen_file(file)
    files = _files(declared)
    if check is not None:
        _compare(files, check, declared)
    elif to is not None:
        for name, text in files.items():
            write_whole(to / name, text)
            talk().print(f"wrote {to / name}")
    else:
        typer.echo(files["slo-rules.yaml"], nl=False)


def _files(file: Path) -> dict[str, str]:
    """Return the text of each file by its name."""
    import json

    import yaml

    from gridctl.slo.dashboard import dashboard
    from gridctl.slo.rules import rule_groups

    slos = slos_of(file)
    head = f"# Written by `gridctl slo rules` from {file.as_posix()}: change that, and run it again.\n"
    written = yaml.safe_dump(rule_groups(slos), sort_keys=False, allow_unicode=True, width=100)
    return {
        "slo-rules.yaml": head + written,
        "slo-dashboard.json": json.dumps(dashboard(slos), indent=1, ensure_ascii=False) + "\n",
    }


def _compare(files: dict[str, str], directory: Path, file: Path) -> None:
    def there(name: str) -> str | None:
        path = directory / name
        return path.read_text(encoding="utf-8") if path.is_file() else None

    if differing := [str(directory / name) for name, text in files.items() if there(name) != text]:
        raise ViolationFound(
            f"{', '.join(differing)}: not what {file} says",
            next_step=f"gridctl slo rules --file {file} --to {directory}, and commit what it writes",
        )
