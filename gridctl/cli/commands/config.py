"""`gridctl config`: the settings that are in force."""

from pathlib import Path
from typing import Any

import typer

from gridctl.cli.options import Output, OutputFormat, group, settings_of

app = group("config")


@app.command("show")
def show(context: typer.Context, output: Output = OutputFormat.TABLE) -> None:
    """Show what is in force, and where each value comes from.

    A flag wins over a GRIDCTL_* variable, then the profile in gridctl.toml (found upwards), then the one in
    ~/.config/gridctl/config.toml, then what `gridctl up` started, then the default. Secrets are masked.

        $ gridctl config show
    """
    from gridctl.cli.output import print_result

    rows = list(settings_of(context).in_force())
    cells = ([row["name"], _cell(row["value"]), _from(row)] for row in rows)
    print_result({"settings": rows}, output, ["setting", "value", "from"], cells)


def _cell(value: object) -> str:
    return "not set" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _from(row: dict[str, Any]) -> str:
    if row["source"] in ("stack", "default"):
        return {"stack": "gridctl up", "default": "default"}[row["source"]]
    origin: str = row["origin"].replace(f"{Path.cwd()}/", "")
    return origin.removesuffix(f" {row['name']}") if row["source"] == "file" else origin
