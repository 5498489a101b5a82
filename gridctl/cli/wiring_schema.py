"""The wiring of the schema gates: files, git and registries in, values for the gates out."""

from pathlib import Path

from gridctl.adapters.schema_files import read_text, read_tree
from gridctl.contracts.schema_tree import SchemaFile, SchemaTree


def file_with_tree(path: Path) -> tuple[SchemaFile, SchemaTree]:
    """Return one schema file, and the tree that its references lead into; without references that tree is empty."""
    references = path.with_name(f"{path.stem}.references.json")
    if references.exists():
        tree = read_tree(path.parent.parent)
        for file in tree.files:
            if Path(file.path) == path:
                return file, tree
    return SchemaFile(path.parent.name, 1, str(path), read_text(path)), SchemaTree(str(path.parent.parent), ())
