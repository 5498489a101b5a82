"""The ledger's head, where every command that writes to the ledger leaves it: `audit verify --head` takes it."""

import os
from collections.abc import Mapping

from gridctl.audit.chain import Head
from gridctl.cli.gating import append_to_job_file
from gridctl.cli.output import talk


def announce(head: Head, environ: Mapping[str, str] | None = None) -> None:
    """Print the head on stderr; in GitHub Actions also put it into the job's outputs and summary."""
    environ = os.environ if environ is None else environ
    talk().print(f"ledger head {head}", soft_wrap=True)
    if name := environ.get("GITHUB_OUTPUT"):
        append_to_job_file(name, f"ledger-head={head}\n")
    if name := environ.get("GITHUB_STEP_SUMMARY"):
        append_to_job_file(name, f"Ledger head: `{head}` (check it with `gridctl audit verify --head {head}`)\n\n")
