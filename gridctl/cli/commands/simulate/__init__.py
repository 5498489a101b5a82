"""`gridctl simulate`: fleets and outstations to try the platform on, and their asset records."""

from typing import Annotated

import typer

from gridctl.cli.commands.simulate.fleets import Seed, add_fleets
from gridctl.cli.commands.simulate.scada import scada
from gridctl.cli.options import group, renamed

app = group("simulate")
app.command("scada")(scada)
add_fleets(app)


@app.command("assets")
def assets(
    thermostats: Annotated[int, typer.Option(min=0, help="Number of thermostats.")] = 0,
    chargers: Annotated[int, typer.Option(min=0, help="Number of chargers.")] = 0,
    scada: Annotated[
        int, typer.Option(min=0, help="Number of outstations: --ports x --units of `simulate scada`.")
    ] = 0,
    circuits: Annotated[int, typer.Option(min=1, max=10_000, help="Number of circuits that the devices are on.")] = 8,
    seed: Seed = 1,
    to: Annotated[str, typer.Option(metavar="FILE|-", help="The file to write, or - for stdout.")] = "-",
    old_to: Annotated[str | None, typer.Option("--output", hidden=True)] = None,
) -> None:
    """Write the CIS records of the simulated fleets, for `gridctl assets apply`.

    A few devices are life-sustaining, a few tags have expired, and a few devices have no record.

        $ gridctl simulate assets --thermostats 1000 --chargers 200 --scada 10 --to -
    """
    from gridctl.cli.files import writing
    from gridctl.cli.output import progress_bar
    from gridctl.simulate.assets import AssetPlan, asset_records

    plan = AssetPlan(seed, {"thermostats": thermostats, "chargers": chargers}, scada, circuits)
    total = thermostats + chargers + scada
    with writing(renamed("--output", "--to", old_to, to)) as out, progress_bar("records", total) as advance:
        for record in asset_records(plan):
            out.write(record.model_dump_json().encode() + b"\n")
            advance(1)
        out.flush()
