"""The root help: written from the table of commands, without loading any of them."""

import os
import shutil
import sys
import textwrap

EXAMPLE = """\
Examples:
  $ gridctl up && gridctl status
  $ gridctl simulate thermostats --devices 10 --to - | gridctl ingest jsonl -
  $ gridctl process --until-idle && gridctl state show

Run `gridctl COMMAND --help` for a command; `gridctl --install-completion` for your shell.
Exit codes: 0 ok, 1 fault, 2 usage, 3 violation or drift, 4 refused by safety, 5 could not check, 130 interrupted."""

OPTIONS = {
    "--profile NAME": "a profile of gridctl.toml",
    "-X KEY=VALUE": "set one setting for this call, for example -X bootstrap=127.0.0.1:9092",
    "--debug": "show the traceback of an error",
    "--version": "print the version",
}


def print_root_help(commands: dict[str, tuple[str, str]]) -> None:
    """Print usage, options, commands and examples, at most as wide as the terminal."""
    width = max(40, min(shutil.get_terminal_size((100, 24)).columns, 110))
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() and "NO_COLOR" not in os.environ else ("", "")
    rows = [f"{bold}Usage:{plain} gridctl [OPTIONS] COMMAND [ARGS]...", "", "GridStream as one command.", ""]
    for title, entries in (
        ("Options", OPTIONS),
        ("Commands", {name: text for name, (_, text) in commands.items()}),
    ):
        rows.append(f"{bold}{title}:{plain}")
        for name, text in entries.items():
            first, *more = textwrap.wrap(text, max(20, width - 20)) or [""]
            rows += [f"  {name:<16}  {first}", *(" " * 20 + line for line in more)]
        rows.append("")
    for line in EXAMPLE.splitlines():
        indent = " " * (len(line) - len(line.lstrip()))
        rows += textwrap.wrap(line, width, subsequent_indent=indent + "  ", replace_whitespace=False) or [""]
    print("\n".join(rows), flush=True)  # noqa: T201 -- help is data on stdout
