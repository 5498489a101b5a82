"""Raw bytes to a reading, or to the reason why they are not one.

The caps on size and nesting come before any parsing. Then Pydantic's core validates the raw bytes at once: there is
no intermediate tree, and the kind picks the model.
"""

import re
from typing import Any

import pydantic_core
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, SchemaValidator

from gridctl.contracts.clock import ALLOWED_SKEW_MS, EVENT_TIME_MIN_MS, event_time_problem
from gridctl.contracts.events import STAMPS, Reading
from gridctl.contracts.kinds import KINDS, TOPIC_OF_KIND, any_reading
from gridctl.contracts.repeated import compile_quotes, repeated_key
from gridctl.deadletters.letter import printable
from gridctl.deadletters.refusal import Names, Oversize, Refusal
from gridctl.ingest.nesting import nests_deeper

# A SCADA poll of POINTS_MAX points with names of full length fits; the broker takes a megabyte.
READING_CAP_BYTES = 256 * 1024
# A reading nests three deep: the record, its points, one point.
NESTING_CAP = 8
# A byte by its number is looked for several times as fast as a text of one.
_BRACE, _BRACKET, _QUOTE = b'{["'

# Where to look for the names of a record that does not parse.
PEEK_BYTES = 16 * 1024
_NAMED = re.compile(rb'"(kind|device_id|firmware)"\s{0,8}:\s{0,8}"([^"\\\x00-\x1f]{1,512})"')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Pydantic's error types, as the stable words that dead letters carry.
_RULE_OF_TYPE = {
    "dict_type": "not_an_object",
    "model_type": "not_an_object",
    "model_attributes_type": "not_an_object",
    "union_tag_not_found": "kind_missing",
    "union_tag_invalid": "kind_unknown",
    "missing": "field_missing",
    "extra_forbidden": "unknown_field",
    "finite_number": "not_finite",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "string_pattern_mismatch": "bad_characters",
    "literal_error": "not_in_list",
    "too_long": "too_many_items",
    "value_error": "value_and_quality_disagree",
}
# Where Pydantic's words would not help a person.
_REASON_OF_RULE = {
    "kind_missing": "is missing",
    "kind_unknown": f"is not one of {', '.join(KINDS)}",
    "platform_field": "comes from the platform; no device may send it",
}
_RULE_OF_JSON = (
    ("EOF while parsing", "json_truncated"),
    ("control character", "control_character"),
    ("recursion limit", "nesting_too_deep"),
    ("number out of range", "number_out_of_range"),
)


def _core_validator() -> SchemaValidator:
    adapter: TypeAdapter[Reading] = TypeAdapter(any_reading())
    validator = adapter.validator
    if not isinstance(validator, SchemaValidator):  # only with plugins of Pydantic, which nothing here installs
        return SchemaValidator(adapter.core_schema)
    return validator


_VALIDATE = _core_validator().validate_json
_QUOTES_OF = {name: compile_quotes(kind.reading) for name, kind in KINDS.items()}


class Validator:
    """Checks readings against the contract, with the clock skew that this deployment allows."""

    def __init__(self, allowed_skew_ms: int = ALLOWED_SKEW_MS) -> None:
        self._skew_ms = allowed_skew_ms

    def check(self, raw: bytes, now_ms: int) -> Reading | Refusal:
        """Return the reading that the bytes hold, or why they hold none; never raises, whatever the bytes are."""
        if len(raw) > READING_CAP_BYTES:
            return _too_large(len(raw), raw)
        # A flat object, which most readings are, has no second bracket that opens.
        if (raw.find(_BRACE, 1) > 0 or _BRACKET in raw) and nests_deeper(raw, NESTING_CAP):
            return Refusal("PARSE", "nesting_too_deep", f"nests deeper than {NESTING_CAP} levels", None, peek(raw))
        try:
            reading: Reading = _VALIDATE(raw)
        except ValidationError as error:
            return _explained(error, raw)
        at_ms = reading.event_time_ms
        if not EVENT_TIME_MIN_MS <= at_ms <= now_ms + self._skew_ms:
            return self._bad_time(reading, now_ms)
        # Of two members of one name the parser keeps the last, so the other's marks are left over.
        if raw.count(_QUOTE) != _QUOTES_OF[reading.kind](reading) and (repeated := repeated_key(raw)) is not None:
            return Refusal("VALIDATE", "duplicate_key", f"{repeated}: is in the record twice", repeated, peek(raw))
        return reading

    def _bad_time(self, reading: Reading, now_ms: int) -> Refusal:
        rule = event_time_problem(reading.event_time_ms, now_ms, self._skew_ms) or "event_time_too_old"
        bound = f"now + {self._skew_ms} ms" if rule == "event_time_in_future" else f"{EVENT_TIME_MIN_MS} ms"
        side = "after" if rule == "event_time_in_future" else "before"
        hint = "" if side == "after" else "; is it in seconds?"
        names = Names(reading.kind, reading.device_id, getattr(reading, "firmware", None))
        reason = f"event_time_ms: {reading.event_time_ms} is {side} {bound}{hint}"
        return Refusal("VALIDATE", rule, reason, "event_time_ms", names)


def check_oversize(record: Oversize) -> Refusal:
    """Return the refusal of a record that its source could not hold."""
    return _too_large(record.length, record.head)


def _too_large(length: int, head: bytes) -> Refusal:
    reason = f"{length} bytes are more than the {READING_CAP_BYTES} that a reading may have"
    # The head alone is looked at, and as what it is: the beginning of something longer.
    return Refusal("RECEIVE", "too_large", reason, None, peek(head[: READING_CAP_BYTES // 16] + b"\xff"))


def _explained(error: ValidationError, raw: bytes) -> Refusal:
    details = error.errors(include_url=False, include_context=False)
    first = details[0]
    names = peek(raw)
    if first["type"] == "json_invalid":
        return _not_json(first, raw, names)
    place = first["loc"][1:] if first["loc"] and first["loc"][0] in KINDS else first["loc"]
    field = _path(place)
    rule = _rule(first)
    if rule in _REASON_OF_RULE:
        field = field or "kind"
        return Refusal("VALIDATE", rule, f"{field}: {_REASON_OF_RULE[rule]}", field, names)
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    reason = f"{field}: {first['msg']}{more}" if field else f"{first['msg']}{more}"
    return Refusal("PARSE" if rule == "not_an_object" else "VALIDATE", rule, reason, field, names)


def _rule(detail: ErrorDetails) -> str:
    kind = detail["type"]
    given: Any = detail["input"]
    if kind == "string_pattern_mismatch" and isinstance(given, str) and _CONTROL.search(given):
        return "control_character"
    known = _RULE_OF_TYPE.get(kind)
    if known == "not_an_object" and detail["loc"]:
        return "wrong_type"
    if known == "unknown_field" and detail["loc"][-1] in STAMPS:
        return "platform_field"
    return known or "wrong_type"


def _not_json(detail: ErrorDetails, raw: bytes, names: Names) -> Refusal:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not valid UTF-8"
        return Refusal("PARSE", "invalid_utf8", reason, None, names)
    rule = next((rule for words, rule in _RULE_OF_JSON if words in detail["msg"]), "json_invalid")
    return Refusal("PARSE", rule, detail["msg"], None, names)


def _path(place: tuple[int | str, ...]) -> str | None:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or None


def peek(raw: bytes) -> Names:
    """Read kind, device and firmware of a record as far as they can be read; never fails, bounded in time.

    A record that parses is asked for its own members; of any other the first occurrences near its beginning count.
    """
    found: dict[str, Any] = {}
    try:
        parsed = pydantic_core.from_json(raw)
    except ValueError:
        for name, value in _NAMED.findall(raw[:PEEK_BYTES]):
            found.setdefault(name.decode(), value.decode("utf-8", "replace"))
    else:
        found = parsed if isinstance(parsed, dict) else {}
    kind, device_id, firmware = (found.get(name) for name in Names._fields)
    return Names(
        kind if isinstance(kind, str) and kind in TOPIC_OF_KIND else None,
        printable(device_id, "device_id"),
        printable(firmware, "firmware"),
    )
