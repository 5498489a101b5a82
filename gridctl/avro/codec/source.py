"""Building Python source: lines with indentation, fresh identifiers, and constants by reference.

Nothing that a schema says becomes an identifier or syntax: names are drawn here, field names appear only as the
`repr` of a string, all else is a constant in the namespace of the generated module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Python allows 20 nested loops and 100 indentations in a function; deeper parts become functions of their own, and so
# do records within so many others.
MAX_LEVEL = 12
# The index of an enum of up to 64 symbols is one byte.
ONE_BYTE_SYMBOLS = 64


class Bail(Exception):
    """Generated code met something that it does not cover."""


class Source:
    """One generated module: its text and the constants that it refers to."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._indent = 0
        self._count = 0
        self.constants: dict[str, Any] = {"Bail": Bail}

    def line(self, text: str) -> None:
        """Add a line at the current indentation."""
        self._lines.append(" " * self._indent + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """Add a compound statement; what is added within goes into its body."""
        self.line(head)
        self._indent += 1
        yield
        self._indent -= 1

    @property
    def level(self) -> int:
        """The current indentation."""
        return self._indent

    def fresh(self, prefix: str = "v") -> str:
        """Return an identifier that nothing else has."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: Any, prefix: str = "c") -> str:
        """Return the name of a constant."""
        name = self.fresh(prefix)
        self.constants[name] = value
        return name

    @property
    def text(self) -> str:
        """The source so far."""
        return "\n".join(self._lines)

    def function(self, name: str) -> Any:
        """Compile all of it and return the function of that name."""
        exec(compile(self.text, "<generated from an Avro schema>", "exec"), self.constants)  # noqa: S102 - see above
        return self.constants[name]
