"""Asking before something changes in a profile that is marked `protected = true`."""

import sys
from typing import Annotated

import typer

from gridctl.cli.config import Settings
from gridctl.errors import UsageProblem

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation, which a protected profile wants.")]


def confirm(settings: Settings, question: str, *, yes: bool) -> None:
    """Return when it may go on; UsageProblem when nobody agreed."""
    if yes or not settings.profile.protected:
        return
    name = settings.profile_name
    if not sys.stdin.isatty():
        raise UsageProblem(f"profile {name} is protected and nobody can be asked", next_step="pass --yes in a script")
    if not typer.confirm(f"{question} in the protected profile {name}?", err=True):
        raise UsageProblem("not confirmed; nothing was changed")
