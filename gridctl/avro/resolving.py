"""Late names: a type that is used before its definition ends is put in once all definitions are read.

Java Avro 1.12 accepts forward references, and copies the graph while it resolves them, validating defaults and unions
again. The order of the walk decides which records are complete when a default is validated, so it is kept here.
"""

from collections.abc import Iterable

from gridctl.avro.defaults import check_default
from gridctl.avro.model import Array, Field, Flaw, Map, Named, Node, Record, Reference, Union


def check_branches(union: Union) -> None:
    """Raise Flaw when two branches have one name, or when a branch is a union itself."""
    seen = set()
    for at, branch in enumerate(union.branches):
        name = branch.full if isinstance(branch, Named) else branch.kind
        if name in seen:
            raise Flaw(f"the union holds {name} twice", union.raw, at)
        if name == "union" and isinstance(branch, Union):
            raise Flaw("a union may not hold a union", union.raw, at)
        seen.add(name)


class Resolver:
    """Replaces every Reference below the nodes it visits, when the walk is over: Java walks the unresolved graph."""

    def __init__(self, names: dict[str, Named]) -> None:
        self._names = names
        self._entered: set[int] = set()
        self._complete: set[int] = set()
        self._late: list[tuple[Field | Array | Map | Union, int, Named]] = []

    def resolve(self, definitions: Iterable[Named], root: Node) -> Node:
        """Walk the definitions in order, then the root; return the root with its names put in; raise Flaw."""
        for definition in definitions:
            self._walk(definition, set())
        box = Array(None, root)
        self._child(box, 0, root, set())
        for owner, at, target in self._late:
            if isinstance(owner, Field):
                owner.type = target
            elif isinstance(owner, Array):
                owner.items = target
            elif isinstance(owner, Map):
                owner.values = target
            else:
                owner.branches[at] = target
        return box.items

    def _child(self, owner: Field | Array | Map | Union, at: int, node: Node, visited: set[int]) -> None:
        if not isinstance(node, Reference):
            self._walk(node, visited)
            return
        target = self._names.get(node.full)
        if target is None:
            raise Flaw(f"the type {node.full} is not defined", node.holder, node.key)
        if id(target) not in self._entered:
            self._walk(target, set())
        node.target = target
        self._late.append((owner, at, target))

    def _walk(self, node: Node, visited: set[int]) -> None:
        if id(node) in visited:
            return
        visited.add(id(node))
        if isinstance(node, Record):
            self._entered.add(id(node))
            for field in node.fields:
                self._child(field, 0, field.type, visited)
            self._finish(node)
        elif isinstance(node, Array):
            self._child(node, 0, node.items, visited)
        elif isinstance(node, Map):
            self._child(node, 0, node.values, visited)
        elif isinstance(node, Union):
            for at in reversed(range(len(node.branches))):
                self._child(node, at, node.branches[at], visited)

    def _finish(self, record: Record) -> None:
        if id(record) not in self._complete:
            for field in record.fields:
                check_default(field, self._complete)
            self._complete.add(id(record))
