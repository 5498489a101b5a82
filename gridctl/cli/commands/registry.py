"""`gridctl registry serve`: the embedded schema registry alone."""

from pathlib import Path
from typing import Annotated

import typer

from gridctl.cli.extras import extra
from gridctl.cli.options import Listen, group, settings_of

app = group("registry")


@app.command("serve")
def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 0,
    db: Annotated[Path | None, typer.Option(help="The SQLite file that keeps the state.", dir_okay=False)] = None,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    listen: Listen = None,
) -> None:
    """Serve the Confluent REST API for Avro until SIGTERM or Ctrl-C.

    Keeps its state in --db; without it everything ends with the server. Prints its URL once it answers.

        $ gridctl registry serve --port 8081 --db registry.db
    """
    from gridctl.cli.wiring.service import service_of

    with extra("local", "the embedded registry"):
        from gridctl.local.registry.server import serve as serve_registry

    serve_registry(service_of(settings_of(context), "registry serve", listen), host, port, db, on_ready=typer.echo)
