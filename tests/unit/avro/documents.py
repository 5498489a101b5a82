"""The codec for schemas that tests write as Python values: "int" is the type, where the codec takes text `"int"`."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from gridctl.avro import Schema, codec


def text_of(document: Any) -> Schema | str:
    """Return a schema's text; a parsed schema as it is, and a string that is JSON already."""
    if isinstance(document, Schema) or (isinstance(document, str) and document[:1] in '{["'):
        return document
    return json.dumps(document)


def compile_encoder(document: Any, extra: Sequence[str] = ()) -> Callable[..., bytes]:
    return codec.compile_encoder(text_of(document), extra)


def compile_decoder(writer: Any, reader: Any = None) -> Callable[[bytes, int], Any]:
    return codec.compile_decoder(text_of(writer), None if reader is None else text_of(reader))
