"""A published version never changes: the tree compared with what a git base holds."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gridctl.avro import SchemaInvalid
from gridctl.avro.fingerprint import normal_form
from gridctl.avro.model import pointer
from gridctl.contracts.verdict import Finding
from gridctl.governance.findings import finding_in
from gridctl.governance.stores import SchemaTree, StoredSchema, parse_stored

VERSION_EDITED = "version-edited"
VERSION_DELETED = "version-deleted"
NOTHING_PUBLISHED = "nothing-published"


@dataclass(frozen=True)
class Base:
    """What is published in git: the tree at the revision `name`, and where this branch left it."""

    name: str
    tip: SchemaTree
    fork: SchemaTree


def check_base(tree: SchemaTree, base: Base, subjects: Iterable[str]) -> list[Finding]:
    """Return a finding for each published version that was edited or deleted.

    What the base got after this branch left it cannot be deleted here, but its number is taken.
    """
    findings = []
    for subject in subjects:
        ours, fork, tip = (
            {file.version: file for file in each.versions(subject)} for each in (tree, base.fork, base.tip)
        )
        for version in sorted({*fork, *tip}):
            mine = ours.get(version)
            known = fork.get(version)
            published = known or tip[version]
            if mine is None:
                if known is not None and version in tip:
                    findings.append(_deleted(published, base.name))
            elif not mine.is_same_as(published) and not _is_fixed(published, base):
                findings.append(edited(mine, published, base.name))
    return findings


def nothing_published(tree: SchemaTree, base: Base) -> list[Finding]:
    """Return a warning where the base holds none of this tree: it is new, or it was moved and its history is lost."""
    if base.fork.files or base.tip.files:
        return []
    return [
        Finding(
            rule=NOTHING_PUBLISHED,
            severity="warning",
            message=f"{base.name} holds no schema of {tree.name}, so no version counts as published",
            fix="if the tree was moved, move it back: its published versions are checked by their paths",
        )
    ]


def edited(file: StoredSchema, published: StoredSchema, where: str) -> Finding:
    """Return the finding that a version is not what was published under its number."""
    return finding_in(
        file,
        VERSION_EDITED,
        f"v{file.version} is published in {where} with other content; a published version never changes",
        path=first_difference(published.text, file.text),
        fix="bring the published content back and put the change into a new version",
    )


def _deleted(file: StoredSchema, name: str) -> Finding:
    return Finding(
        rule=VERSION_DELETED,
        message=f"v{file.version} is published in {name} and is deleted here; data written with it may still be read",
        subject=file.subject,
        version=file.version,
        file=file.place,
        fix=f"bring it back: git checkout {name} -- {file.place}",
    )


def _is_fixed(published: StoredSchema, base: Base) -> bool:
    """Say whether what stands in the base is not a schema at all: nobody can have published it."""
    try:
        parse_stored(published, base.tip)
    except SchemaInvalid:
        return True
    return False


def first_difference(before: str, after: str) -> str:
    """Return the pointer to the first place in the schema `after` that differs from `before`; the root if none."""
    try:
        return pointer(_parting(normal_form(before), normal_form(after)))
    except (SchemaInvalid, RecursionError):
        return "/"


def _parting(before: Any, after: Any) -> list[str | int]:
    if isinstance(before, dict) and isinstance(after, dict):
        keys: list[Any] = [key for key in after if key in before]
        new: list[Any] = [key for key in after if key not in before]
    elif isinstance(before, list) and isinstance(after, list):
        keys = list(range(min(len(before), len(after))))
        new = list(range(len(before), len(after)))
    else:
        return []
    for key in keys:
        if _exact(before[key]) != _exact(after[key]):
            return [key, *_parting(before[key], after[key])]
    return new[:1]


def _exact(value: Any) -> str:
    """Return a text that is equal for equal JSON: 1 and true are two values."""
    return json.dumps(value, sort_keys=True)
