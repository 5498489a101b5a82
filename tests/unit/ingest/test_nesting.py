"""Depth is judged on raw bytes; what stands in strings does not count, and no input takes long."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridctl.ingest.nesting import nests_deeper

DOCUMENTS = st.recursive(
    st.none() | st.integers() | st.text(alphabet='ab"\\[]{}é', max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='k"\\{[', max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def depth_of(document: object) -> int:
    if isinstance(document, dict):
        return 1 + max(map(depth_of, document.values()), default=0)
    if isinstance(document, list):
        return 1 + max(map(depth_of, document), default=0)
    return 0


@given(DOCUMENTS, st.integers(0, 6), st.booleans())
def test_sound_json_nests_as_deep_as_it_does(document: object, depth: int, ascii_only: bool) -> None:
    raw = json.dumps(document, ensure_ascii=ascii_only).encode()
    assert nests_deeper(raw, depth) == (depth_of(document) > depth)


@pytest.mark.parametrize(
    ("raw", "deep"),
    [
        (b"[[[", True),
        (b"[[", False),
        (b'{"a":[{"b":', True),
        (b"]]]][[[", False),  # never deeper than where it began
        (b'["[[[[', False),  # a string that does not end
        (b'["\\"[[[[", 1]', False),
        (b'["\\\\", [[[', True),
    ],
)
def test_broken_json_is_judged_as_far_as_it_goes(raw: bytes, deep: bool) -> None:
    assert nests_deeper(raw, 2) == deep


@pytest.mark.parametrize("raw", [b"[" * 262_144, b'\\"' * 131_072, b'"\\' * 131_072, b"[]" * 131_072, b"[{" * 65_536])
def test_hostile_input_takes_no_time(raw: bytes) -> None:
    started = time.process_time()
    nests_deeper(raw, 8)
    assert time.process_time() - started < 5
