"""How many files and connections this process may have open."""

import resource

from gridctl.errors import UsageProblem


def allow_open_files(needed: int, what_for: str) -> None:
    """Raise the soft limit, usually 1024, where it is below what is needed; UsageProblem beyond the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise UsageProblem(
            f"{what_for} needs {needed} open files; this process may have {hard}",
            next_step=f"raise the limit (`ulimit -Hn {needed}`), or split the work",
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
