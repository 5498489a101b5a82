"""Pictures: a figure of matplotlib as PNG, or as a page that needs nothing else (HTML with the drawing in it)."""

from __future__ import annotations

import html
import io
from pathlib import Path
from typing import TYPE_CHECKING

from gridctl.errors import UsageProblem

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES = (".png", ".html")


def require_suffix(path: Path) -> None:
    """Raise UsageProblem where the name of the file does not say what to draw."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageProblem(f"{path}: is neither .png nor .html", next_step="name the picture FILE.png or FILE.html")


def save(figure: Figure, path: Path, title: str) -> None:
    """Write the picture that the file's name asks for; UsageProblem when it cannot be written."""
    drawn = io.BytesIO()
    is_page = path.suffix.lower() == ".html"
    figure.savefig(drawn, format="svg" if is_page else "png", dpi=120)
    contents = drawn.getvalue()
    if is_page:
        drawing = contents[contents.index(b"<svg") :].decode()
        page = f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        contents = f"{page}{drawing}</html>\n".encode()
    try:
        path.write_bytes(contents)
    except OSError as error:
        raise UsageProblem(f"{path}: cannot be written: {error.strerror}", next_step="name another file") from error
