"""`gridctl assets`: what the customer information system says of the devices."""

from typing import Annotated

import typer

from gridctl.cli.confirm import Yes, confirm
from gridctl.cli.options import Output, OutputFormat, group, settings_of

app = group("assets")

File = Annotated[str, typer.Argument(metavar="FILE|-", help="JSON lines, one record a line; - reads stdin.")]
AGAIN = "run `gridctl doctor`, then the same again: the newest record of a device counts"
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")]


@app.command("apply")
def apply(
    context: typer.Context,
    file: File,
    dry_run: DryRun = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Publish CIS records; from then on events carry the priority and the circuit of these records.

    All of the file is checked before anything is written. The newest record of a device counts.

        $ gridctl simulate assets --thermostats 1000 --to - | gridctl assets apply -
    """
    from gridctl.assets.file import publish_assets, read_assets
    from gridctl.cli.files import reading
    from gridctl.cli.output import print_account, progress_bar, talk
    from gridctl.cli.wiring.streaming import asset_publisher
    from gridctl.contracts.assets import ASSET_TOPIC
    from gridctl.runtime.deadline import settle

    settings = settings_of(context)
    if not dry_run:
        confirm(settings, "Publish asset records", yes=yes)
    with reading(file) as lines:
        records = read_assets(lines, "stdin" if file == "-" else file)
    with (
        asset_publisher(settings, talk().print) as (encoder, publisher),
        progress_bar("records", len(records)) as advance,
    ):
        if not dry_run:
            receipt = publish_assets(records, encoder, publisher, advance)
            settle(publisher, receipt, f"not every record reached {ASSET_TOPIC}", AGAIN)
    print_account({"read": len(records), "published": 0 if dry_run else len(records)}, output)
