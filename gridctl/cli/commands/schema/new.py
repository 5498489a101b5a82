"""`gridctl schema new`: the files of a new kind of device."""

from pathlib import Path
from typing import Annotated

import typer

KindName = Annotated[str, typer.Argument(metavar="KIND", help="Its name in readings: lower-case letters and digits.")]
Topic = Annotated[str | None, typer.Option(metavar="TOPIC", help="The topic of its events; else iot.KIND.")]
Owner = Annotated[str, typer.Option(metavar="TEAM", help="Who owns topics and schema.")]

NEXT_STEPS = """\
next, in {root}:
  1. say what the device reports, in the schema and in the model alike: {model}
  2. gridctl schema check && gridctl schema lint && gridctl schema drift
  3. name the owners in .github/CODEOWNERS: /schemas/{topic}-value/ {owner}
  4. docs/adding-a-kind.md goes on from there"""


def new(kind: KindName, topic: Topic = None, owner: Owner = "@gridstream/iot") -> None:
    """Write the files of a new kind of device into this clone: schema, topics and model.

    The schema begins with what all loads report and with the platform's stamps; topics.toml gets the topic and its
    dead letter topic. Nothing is overwritten. The gates pass on what is written. Print the files that were written.

        $ gridctl schema new heatpump
    """
    import gridctl
    from gridctl.cli.output import talk
    from gridctl.governance.new_kind import write_kind

    topic = topic or f"iot.{kind}"
    root = Path(gridctl.__file__).parents[1]
    for path in write_kind(root, kind, topic, owner):
        typer.echo(path)
    model = f"gridctl/contracts/kinds/{kind}/model.py"
    talk().print(NEXT_STEPS.format(root=root, model=model, topic=topic, owner=owner))
