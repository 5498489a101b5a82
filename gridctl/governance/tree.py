"""A tree of schema files, `<subject>/vN.avsc`, as data: what the gates judge and what registration writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from gridctl.contracts.registry import SchemaReference


@dataclass(frozen=True)
class SchemaFile:
    """One version of a subject. `path` is as a person would name the file; `text` is the schema as it stands there.

    `references` come from `vN.references.json` beside it, in the form of Confluent's API.
    """

    subject: str
    version: int
    path: str
    text: str
    references: tuple[SchemaReference, ...] = ()


@dataclass(frozen=True)
class SchemaTree:
    """All versions of all subjects, in order; `strays` are files in the tree that are no version of a subject."""

    root: str
    files: tuple[SchemaFile, ...]
    strays: tuple[str, ...] = ()

    @cached_property
    def subjects(self) -> Mapping[str, tuple[SchemaFile, ...]]:
        """The versions of each subject, oldest first; subjects in the order of their names."""
        found: dict[str, list[SchemaFile]] = {}
        for file in sorted(self.files, key=lambda file: (file.subject, file.version)):
            found.setdefault(file.subject, []).append(file)
        return {subject: tuple(files) for subject, files in found.items()}

    def newest(self, subject: str) -> SchemaFile | None:
        """Return the newest version of a subject, or None."""
        files = self.subjects.get(subject)
        return files[-1] if files else None
