"""A library that an extra brings and that is not installed is a sentence, not a traceback."""

import sys

import pytest

from gridctl.cli.extras import extra
from gridctl.cli.main import run


def test_what_is_missing_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "gridctl.local.registry.server", None)
    assert run(["registry", "serve"]) == 2
    assert capsys.readouterr().err == (
        "error: the embedded registry needs gridctl.local.registry.server\n  next: pip install 'gridctl[local]'\n"
    )


def test_another_fault_of_an_import_stays_what_it_is() -> None:
    with pytest.raises(ImportError, match="absent"), extra("aws", "Glue"):
        raise ImportError("cannot import name absent")
