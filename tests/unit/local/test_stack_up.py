"""What `up` makes of a stack that is there in part."""

import os
from pathlib import Path

import psutil
import pytest

from gridctl.errors import Unavailable
from gridctl.local.stack.model import STATE_FILE, Part, Process, Stack, read_stack
from gridctl.local.stack.stack import up


def test_a_file_that_is_not_text_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).write_bytes(b"\xff\xfe{}")
    with pytest.raises(Unavailable, match=str(tmp_path / STATE_FILE)):
        read_stack(tmp_path)


def test_an_up_that_was_killed_midway_left_no_stack_that_is_up(tmp_path: Path) -> None:
    this = Process(pid=os.getpid(), started_s=psutil.Process().create_time())
    Stack(parts=(Part(name="broker", kind="embedded", address="127.0.0.1:1", processes=(this,)),)).write(tmp_path)

    def never(_data: Path) -> Part:
        raise AssertionError("nothing may be started beside it")

    with pytest.raises(Unavailable, match="redis is down") as caught:
        up(tmp_path, {"broker": never, "redis": never}, lambda _: None, lambda _: None)
    assert "gridctl down" in (caught.value.next_step or "")
