"""How a verdict is written: one module a format, each a pure function of the verdict."""

from enum import StrEnum

from gridctl.contracts.verdict import Verdict


class GateFormat(StrEnum):
    """What `--format` takes."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    GITHUB = "github"


def render(verdict: Verdict, chosen: GateFormat) -> str:
    """Return the verdict as text that any UTF-8 stream takes; ends with a line end."""
    from gridctl.gates.formats import github, junit, sarif, text

    writers = {
        GateFormat.TEXT: text.write_text,
        GateFormat.JSON: text.write_json,
        GateFormat.SARIF: sarif.write,
        GateFormat.JUNIT: junit.write,
        GateFormat.GITHUB: github.annotations,
    }
    # A path or a body may hold a lone surrogate, which no stream can write.
    return writers[chosen](verdict).encode("utf-8", "replace").decode("utf-8")
