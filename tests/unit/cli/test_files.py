"""A file that a call names and that cannot be read is a wrong call: the file, the reason, what to do."""

from pathlib import Path

import pytest

from gridctl.cli.main import run


def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absent, binary = tmp_path / "absent", tmp_path / "binary"
    binary.write_bytes(b"\xff")
    for path, reason in ((absent, "No such file or directory"), (binary, "not UTF-8")):
        assert run(["gate", "--file", str(path)]) == 2
        assert (
            capsys.readouterr().err == f"error: {path}: cannot be read: {reason}\n  next: name the gates with --file\n"
        )
