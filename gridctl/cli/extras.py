"""Libraries that only an extra brings: one that is missing is an error that says what to install."""

from collections.abc import Iterator
from contextlib import contextmanager

from gridctl.errors import UsageProblem


@contextmanager
def extra(name: str, needed_by: str) -> Iterator[None]:
    """Import within it what the extra of this name brings; UsageProblem when it is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageProblem(f"{needed_by} needs {error.name}", next_step=f"pip install 'gridctl[{name}]'") from error
