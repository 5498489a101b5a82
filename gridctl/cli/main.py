"""The table of commands, and the root that loads only the group that the call names.

A Typer application with everything loaded takes a multiple of this one's start-up time, and `gridctl` runs in
shell loops and in liveness probes.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Run the whole platform for a few seconds and account for every reading"),
    "up": ("stack", "Start broker, registry, Valkey and MQTT broker on this machine"),
    "status": ("stack", "Show which parts answer"),
    "down": ("stack", "Stop what `up` started, and delete its data"),
    "top": ("top", "Show the platform on one screen: parts, lag, SLIs, dead letters, what was done last"),
    "doctor": ("stack", "Check every endpoint, the topics and the schemas, and say what to do"),
    "config": ("config", "Show the settings that are in force, and where each comes from"),
    "topics": ("topics", "Show, plan and apply topics; look into one"),
    "simulate": ("simulate", "Simulate outstations, thermostats, chargers and their asset records"),
    "ingest": ("ingest", "Take readings from files, devices and outstations to the broker"),
    "assets": ("assets", "Publish what the customer information system says of the devices"),
    "process": ("process", "Apply events to the grid state, once each"),
    "state": ("state", "Show the grid state"),
    "dlq": ("dlq", "Show what was refused, and why"),
    "lag": ("lag", "Show how far consumer groups are behind"),
    "scale": ("scale", "Simulate an autoscaler on the lag, and write its manifest"),
    "slo": ("slo", "Show objectives and error budgets; write the rules that watch them"),
    "registry": ("registry", "Serve the embedded schema registry"),
    "schema": ("schema", "Judge, compare, list and register Avro schemas"),
    "gate": ("gate", "Run every gate that ci/gates.toml names"),
    "pr": ("pr", "Judge a pull request, and the rules that guard the branch"),
    "audit": ("audit", "Check the ledger of what was done, and export it"),
}


def build(names: list[str]) -> typer.Typer:
    """Return the application with the modules of these commands loaded; a group's help is its text in the table."""
    from importlib import import_module

    import typer

    from gridctl.cli.options import root_options

    root = typer.Typer(
        name="gridctl",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode="markdown",
        help="GridStream as one command.",
    )
    root.callback()(root_options)
    for module_name, text in dict(COMMANDS[name] for name in names).items():
        root.add_typer(import_module(f"gridctl.cli.commands.{module_name}").app, help=f"{text}.")
    return root


def run(argv: list[str]) -> int:
    """Run one call and return its exit code."""
    from gridctl.cli.boundary import guarded

    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    if sys.stdin is None:  # closed by the caller: without this the next file or socket would be read as stdin
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY))
    if argv in ([], ["--help"], ["-h"]) and "_GRIDCTL_COMPLETE" not in os.environ:
        from gridctl.cli.help import print_root_help

        code = guarded(lambda: print_root_help(COMMANDS))
        return code if argv else 2

    # Loading a command that only appears as an argument's value costs time, never correctness.
    named = [word for word in argv if word in COMMANDS]
    return guarded(lambda: build(named or list(COMMANDS))(args=argv, prog_name="gridctl"), debug="--debug" in argv)
