"""Building Python source: lines with indentation, fresh identifiers, and constants by reference.

Nothing that a schema says becomes an identifier or syntax: names are drawn here, field names appear only as the
`repr` of a string, all else is a constant in the namespace of the generated module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

# Python allows 20 nested loops and 100 indentations in a function; deeper parts become functions of their own, and so
# do records within so many others.
MAX_LEVEL = 12
# The index of an enum of up to 64 symbols is one byte.
ONE_BYTE_SYMBOLS = 64


P = TypeVar("P")


class Bail(Exception):
    """Generated code met something that it does not cover."""


class Source(Generic[P]):
    """One generated module: its text, the constants that it refers to, and the parts that become functions.

    `shared` holds the ids of the parts that are used in more than one place.
    """

    def __init__(self, shared: set[int]) -> None:
        self._shared = shared
        self._lines: list[str] = []
        self._indent = 0
        self._count = 0
        self._functions: dict[int, str] = {}
        self.waiting: list[tuple[str, P]] = []
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

    def outlined(self, part: P, depth: str, *, is_nested: bool) -> str | None:
        """Return the name of the function that a part becomes, or None where it is inlined.

        The function is waiting then, to be added by the caller. `depth` is the expression of how many records are
        around the part; each record that was inlined has added a term.
        """
        is_deep = is_nested and max(self._indent, depth.count("+")) > MAX_LEVEL
        if id(part) not in self._shared and not is_deep:
            return None
        if id(part) not in self._functions:
            self._functions[id(part)] = self.fresh("f")
            self.waiting.append((self._functions[id(part)], part))
        return self._functions[id(part)]

    def local(self, expression: str) -> str:
        """Evaluate an expression once; what is a name already is taken as it is, and never assigned to."""
        if expression.isidentifier():
            return expression
        name = self.fresh()
        self.line(f"{name} = {expression}")
        return name

    def bail_if(self, condition: str) -> None:
        """Leave all to the careful layer where a condition holds."""
        with self.block(f"if {condition}:"):
            self.line("raise Bail")

    def fresh(self, prefix: str = "v") -> str:
        """Return an identifier that nothing else has."""
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: Any) -> str:
        """Return the name of a constant."""
        name = self.fresh("c")
        self.constants[name] = value
        return name

    def function(self, name: str) -> Any:
        """Compile all of it and return the function of that name."""
        text = "\n".join(self._lines)
        exec(compile(text, "<generated from an Avro schema>", "exec"), self.constants)  # noqa: S102 - see above
        return self.constants[name]
