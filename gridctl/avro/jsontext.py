"""JSON text as Java Avro's reader takes it: comments are allowed before and inside the value, nothing after it."""

import json
import re

from gridctl.avro.model import Json, SchemaInvalid

_COMMENT_OR_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\r\n]*|/\*.*?\*/', re.DOTALL)
_BLANKS = " \t\r\n"


def _refuse_constant(word: str) -> Json:
    raise ValueError(f"{word} is not a JSON value")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _blank_comments(text: str) -> str:
    """Replace each comment by as many blanks, so that places in the text stay where they are."""

    def blank(match: re.Match[str]) -> str:
        found = match.group()
        return found if found[0] == '"' else re.sub(r"[^\r\n]", " ", found)

    return _COMMENT_OR_STRING.sub(blank, text)


def load_json(text: str) -> Json:
    """Read one JSON value; raise SchemaInvalid with line and column where it is not JSON."""
    try:
        return _DECODER.decode(text)
    except ValueError:
        pass
    except RecursionError:
        raise SchemaInvalid("nested too deeply") from None
    try:
        blanked = _blank_comments(text)
        start = len(blanked) - len(blanked.lstrip(_BLANKS))
        value, end = _DECODER.raw_decode(blanked, start)
    except json.JSONDecodeError as error:
        raise SchemaInvalid(f"not JSON: {error.msg}", line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise SchemaInvalid("nested too deeply") from None
    except ValueError as error:
        raise SchemaInvalid(f"not JSON: {error}") from None
    rest = text[end:]
    if rest.strip(_BLANKS):
        at = end + len(rest) - len(rest.lstrip(_BLANKS))
        line = text.count("\n", 0, at) + 1
        column = at - text.rfind("\n", 0, at)
        raise SchemaInvalid("something stands after the end of the schema", line=line, column=column)
    return value
