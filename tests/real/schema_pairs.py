"""Seeded pairs of Avro schemas that are nearly alike: one schema, and the same after a few small edits."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Json = Any
PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
NAMES = ("A", "B", "C", "D", "E")
SPACES = ("", "x", "x.y")
FIELDS = ("f", "g", "h", "i", "j", "k")
SYMBOLS = ("RED", "GREEN", "BLUE", "GREY")
ODD_VALUES: tuple[Json, ...] = (
    None, True, 0, 1.5, 2**31, 2**63, "", "text", "1.5", " NaN ", "1e", "0x1p3", [], {}, {"f": 1}, {"f": None}, [1],
)  # fmt: skip


class Pair(NamedTuple):
    """A question to both judges; schemas are JSON text."""

    id: int
    reader: str
    writer: str


class SchemaMaker:
    """Draws schemas that are valid as a rule: names are defined before or around their use."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.defined: list[str] = []

    def schema(self) -> Json:
        self.defined = []
        draw = self.rng.random()
        return self.record("", 0) if draw < 0.8 else self.type("", 0)

    def type(self, space: str, depth: int) -> Json:
        draw = self.rng.random()
        if self.defined and draw < 0.12:
            return self.rng.choice(self.defined)
        if depth > 3 or draw < 0.45:
            name = self.rng.choice(PRIMITIVES)
            return {"type": name, "logicalType": "date"} if self.rng.random() < 0.1 else name
        make: Callable[[str, int], Json] = self.rng.choice(
            (self.record, self.enum, self.fixed, self.array, self.map, self.union, self.union)
        )
        return make(space, depth + 1)

    def named(self, kind: str, space: str) -> tuple[Json, str]:
        free = [name for name in NAMES if not any(known.split(".")[-1] == name for known in self.defined)]
        name = self.rng.choice(free) if free else f"N{len(self.defined)}"
        own = self.rng.choice(SPACES) if self.rng.random() < 0.4 else space
        raw: Json = {"type": kind, "name": name}
        if own != space:
            if own and self.rng.random() < 0.3:
                raw["name"] = f"{own}.{name}"
            else:
                raw["namespace"] = own
        if self.rng.random() < 0.1:
            raw["aliases"] = [self.rng.choice((*NAMES, "x.A", "x.y.B", ".C"))]
        self.defined.append(f"{own}.{name}" if own else name)
        return raw, own

    def record(self, space: str, depth: int) -> Json:
        raw, space = self.named("error" if self.rng.random() < 0.05 else "record", space)
        names = self.rng.sample(FIELDS, self.rng.randint(0 if depth else 1, 4))
        raw["fields"] = [self.field(name, space, depth) for name in names]
        return raw

    def field(self, name: str, space: str, depth: int) -> Json:
        field: Json = {"name": name, "type": self.type(space, depth)}
        if self.rng.random() < 0.4:
            add_default(self.rng, field)
        if self.rng.random() < 0.08:
            field["aliases"] = self.rng.sample(FIELDS, 1)
        return field

    def enum(self, space: str, _depth: int) -> Json:
        raw, _ = self.named("enum", space)
        raw["symbols"] = self.rng.sample(SYMBOLS, self.rng.randint(1, 4))
        if self.rng.random() < 0.3:
            raw["default"] = raw["symbols"][0]
        return raw

    def fixed(self, space: str, _depth: int) -> Json:
        return {**self.named("fixed", space)[0], "size": self.rng.choice((0, 4, 8))}

    def array(self, space: str, depth: int) -> Json:
        return {"type": "array", "items": self.type(space, depth)}

    def map(self, space: str, depth: int) -> Json:
        return {"type": "map", "values": self.type(space, depth)}

    def union(self, space: str, depth: int) -> Json:
        drawn = [self.type(space, depth) for _ in range(self.rng.randint(1, 3))]
        branches: dict[str, Json] = {"null": "null"} if self.rng.random() < 0.5 else {}
        for branch in drawn:
            if not isinstance(branch, list):
                branches.setdefault(union_name(branch), branch)
        return list(branches.values())


def union_name(branch: Json) -> str:
    if isinstance(branch, str):
        return branch
    return str(branch.get("name", branch["type"]))


def fitting_default(rng: random.Random, branch: Json) -> Json:
    """Return a default that fits the type, or raise KeyError where none is at hand.

    A record's default may leave out fields that have a default of their own.
    """
    if isinstance(branch, list):
        return fitting_default(rng, branch[0] if rng.random() < 0.7 else rng.choice(branch))
    if isinstance(branch, dict) and branch.get("type") == "enum":
        return branch["symbols"][0]
    if isinstance(branch, dict) and branch.get("type") in {"record", "error"}:
        given = [field for field in branch["fields"] if "default" not in field or rng.random() < 0.4]
        return {field["name"]: fitting_default(rng, field["type"]) for field in given}
    if isinstance(branch, dict) and branch.get("type") in {"array", "map"} and rng.random() < 0.4:
        inner = fitting_default(rng, branch["items" if branch["type"] == "array" else "values"])
        return [inner] if branch["type"] == "array" else {"k": inner}
    kind = branch["type"] if isinstance(branch, dict) else branch
    simple: dict[str, Json] = {
        "null": None, "boolean": True, "int": 1, "long": 2**40, "float": 1.5, "double": 2, "bytes": "b",
        "string": "s", "fixed": "four", "array": [], "map": {},
    }  # fmt: skip
    return simple[kind]


def add_default(rng: random.Random, field: Json) -> None:
    try:
        field["default"] = rng.choice(ODD_VALUES) if rng.random() < 0.05 else fitting_default(rng, field["type"])
    except (KeyError, IndexError):
        field["default"] = rng.choice((None, {}, {}))


def holders(value: Json) -> Iterator[tuple[Json, Any]]:
    """Yield every place at which a type stands, as container and key."""
    if isinstance(value, list):
        for at in range(len(value)):
            yield value, at
            yield from holders(value[at])
    elif isinstance(value, dict):
        for key in ("items", "values"):
            if key in value:
                yield value, key
                yield from holders(value[key])
        for field in value.get("fields", ()):
            yield field, "type"
            yield from holders(field["type"])


class Editor:
    """Makes one small edit at a time, as somebody who changes a schema would, or as a mistake would."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.maker = SchemaMaker(rng)

    def edit(self, document: Json) -> Json:
        box = [copy.deepcopy(document)]
        places = list(holders(box))
        types = [holder[key] for holder, key in places]
        edits = {
            "record": (
                self.add_field,
                self.add_field,
                self.drop_field,
                self.edit_field,
                self.edit_field,
                self.edit_field,
            ),
            "error": (self.edit_field,),
            "enum": (self.edit_enum,),
            "fixed": (self.edit_fixed,),
        }
        named = [raw for raw in types if isinstance(raw, dict) and raw["type"] in edits]
        draw = self.rng.random()
        if draw < 0.22 or not named:
            holder, key = self.rng.choice(places)
            holder[key] = self.other_type(holder[key])
        elif draw < 0.36:
            self.rename(box, self.rng.choice(named))
        else:
            raw = self.rng.choice(named)
            self.rng.choice(edits[raw["type"]])(raw)
        return box[0]

    def other_type(self, raw: Json) -> Json:
        draw = self.rng.random()
        promoted = {"int": "long", "long": "double", "float": "double", "string": "bytes", "bytes": "string"}
        if isinstance(raw, list):
            return self.other_union(raw)
        if isinstance(raw, str) and raw in promoted and draw < 0.6:
            return promoted[raw]
        if draw < 0.8:
            return self.rng.choice(
                (["null", raw], [raw, "null"], [raw], ["string", raw], {"type": "array", "items": raw})
            )
        self.maker.defined = []
        return self.maker.type("", 2)

    def other_union(self, branches: list[Json]) -> Json:
        draw = self.rng.random()
        changed = list(branches)
        if draw < 0.2 and changed:
            return self.rng.choice(changed)
        if draw < 0.5 and changed:
            changed.pop(self.rng.randrange(len(changed)))
        elif draw < 0.7:
            self.rng.shuffle(changed)
        else:
            changed.insert(
                self.rng.randint(0, len(changed)), self.rng.choice((*PRIMITIVES, {"type": "map", "values": "int"}))
            )
        return changed

    def rename(self, box: Json, raw: Json) -> None:
        old = raw["name"]
        draw = self.rng.random()
        if draw < 0.3:
            raw["namespace"] = self.rng.choice(SPACES)
            return
        if draw < 0.45:
            raw["aliases"] = self.rng.sample((*NAMES, "x.A", "x.B", "x.y.C", ".D"), 2)
            return
        raw["name"] = self.rng.choice((*NAMES, "x.A", "y.B"))
        if self.rng.random() < 0.6:
            space = raw.get("namespace", self.rng.choice(SPACES))
            raw["aliases"] = [old if "." in old or not space or self.rng.random() < 0.5 else f"{space}.{old}"]
        if self.rng.random() < 0.9:
            for holder, key in holders(box):
                if isinstance(holder[key], str) and holder[key].split(".")[-1] == old.split(".")[-1]:
                    holder[key] = raw["name"]

    def add_field(self, raw: Json) -> None:
        self.maker.defined = []
        free = [name for name in FIELDS if all(field["name"] != name for field in raw["fields"])]
        field = {"name": self.rng.choice(free or FIELDS), "type": self.rng.choice((*PRIMITIVES, ["null", "int"]))}
        if self.rng.random() < 0.6:
            add_default(self.rng, field)
        raw["fields"].insert(self.rng.randint(0, len(raw["fields"])), field)

    def drop_field(self, raw: Json) -> None:
        if raw["fields"]:
            raw["fields"].pop(self.rng.randrange(len(raw["fields"])))

    def edit_field(self, raw: Json) -> None:
        if not raw["fields"]:
            return
        field = self.rng.choice(raw["fields"])
        draw = self.rng.random()
        if draw < 0.25:
            field.pop("default", None)
        elif draw < 0.5:
            add_default(self.rng, field)
        elif draw < 0.75:
            old, field["name"] = field["name"], self.rng.choice(FIELDS)
            if self.rng.random() < 0.6:
                field["aliases"] = [old]
        elif draw < 0.85:
            field["aliases"] = self.rng.sample(FIELDS, self.rng.randint(0, 2))
        elif draw < 0.9:
            self.rng.shuffle(raw["fields"])
        else:
            field["type"] = self.other_type(field["type"])

    def edit_enum(self, raw: Json) -> None:
        draw = self.rng.random()
        if draw < 0.35:
            raw["symbols"].append(self.rng.choice((*SYMBOLS, "PINK", "GOLD")))
        elif draw < 0.6 and raw["symbols"]:
            raw["symbols"].pop(self.rng.randrange(len(raw["symbols"])))
            if raw.get("default") not in raw["symbols"] and self.rng.random() < 0.9:
                raw.pop("default", None)
        elif draw < 0.9:
            raw["default"] = self.rng.choice(raw["symbols"] or ["RED"])
        else:
            raw["default"] = self.rng.choice((None, 1, "NONE"))

    def edit_fixed(self, raw: Json) -> None:
        raw["size"] = self.rng.choice((0, 4, 8, 8, 16, -1, 4.0, "4", 2**31 - 1))


def pairs(seed: int) -> Iterator[Pair]:
    """Yield pairs without end; the same for the same seed."""
    rng = random.Random(seed)
    maker, editor = SchemaMaker(rng), Editor(rng)
    at = 0
    while True:
        first = maker.schema()
        for _ in range(3):
            second = first
            for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3))):
                second = editor.edit(second)
            reader, writer = (first, second) if rng.random() < 0.5 else (second, first)
            yield Pair(at, json.dumps(reader), json.dumps(writer))
            at += 1
