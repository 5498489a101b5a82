"""Every way in which a call can end: its exit code, and what stands on stderr."""

from collections.abc import Callable

import pytest

from gridctl.cli.boundary import ExitCode, guarded
from gridctl.cli.main import run
from gridctl.errors import GridctlError, SafetyBlocked, Unavailable, UsageProblem, ViolationFound

HOSTILE = "a\nb\x1b[31m\x07\r\tc\N{LINE SEPARATOR}\x00d\udc80 é"


def ends(call: Callable[[], object], capsys: pytest.CaptureFixture[str], *, debug: bool = False) -> tuple[int, str]:
    """Return the exit code, and what stands on stderr; nothing stands on stdout."""
    code = guarded(call, debug=debug)
    out, error = capsys.readouterr()
    assert out == ""
    return int(code), error


def raising(error: BaseException) -> Callable[[], object]:
    def call() -> None:
        raise error

    return call


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (GridctlError, ExitCode.FAULT),
        (UsageProblem, ExitCode.USAGE),
        (ViolationFound, ExitCode.VIOLATION),
        (SafetyBlocked, ExitCode.BLOCKED),
        (Unavailable, ExitCode.UNAVAILABLE),
        (type("Kind", (Unavailable,), {}), ExitCode.UNAVAILABLE),
    ],
)
def test_an_expected_error_is_one_line_and_what_to_do_next(
    kind: type[GridctlError], code: ExitCode, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(raising(kind("it is wrong", next_step="change it")), capsys) == (
        code,
        "error: it is wrong\n  next: change it\n",
    )
    assert ends(raising(kind("it is wrong")), capsys) == (code, "error: it is wrong\n")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: "a value", 0),
        (raising(SystemExit()), 0),
        (raising(SystemExit(0)), 0),
        (raising(SystemExit(5)), 5),
        (raising(SystemExit("words")), 1),
    ],
)
def test_a_call_that_ends_by_itself_has_its_own_code_and_says_nothing(
    call: Callable[[], object], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(call, capsys) == (code, "")


def test_an_interruption_is_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert ends(raising(KeyboardInterrupt()), capsys) == (130, "interrupted\n")


@pytest.mark.parametrize("error", [ValueError("it broke"), BrokenPipeError(32, "it broke"), RecursionError("it broke")])
def test_the_unexpected_is_a_fault_of_one_line(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken pipe too, where our own reader is there: it was some server's."""
    code, said = ends(raising(error), capsys)
    line, step = said.splitlines()
    assert code == ExitCode.FAULT
    assert line.startswith(f"error: unexpected {type(error).__name__}: ")
    assert line.endswith("it broke")
    assert step == "  next: run the same again with --debug and report what it prints"


@pytest.mark.parametrize("error", [ValueError("it broke"), Unavailable("it broke"), BrokenPipeError(32, "it broke")])
def test_debug_shows_the_traceback_before_the_same_lines(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = ends(raising(error), capsys)
    with_traceback = ends(raising(error), capsys, debug=True)
    assert with_traceback[0] == code
    assert with_traceback[1].startswith("Traceback (most recent call last):\n")
    assert "in call\n" in with_traceback[1]
    assert with_traceback[1].endswith(said)


@pytest.mark.parametrize("kind", [Unavailable, ValueError])
def test_text_that_a_terminal_would_obey_stays_one_line(
    kind: type[Exception], capsys: pytest.CaptureFixture[str]
) -> None:
    _, said = ends(raising(kind(HOSTILE)), capsys)
    first = said.splitlines()[0]
    assert first.endswith("a b [31m c d é")
    assert first.isprintable()
    _, said = ends(raising(Unavailable("x", next_step=HOSTILE)), capsys)
    assert said == "error: x\n  next: a b [31m c d é\n"


@pytest.mark.parametrize("debug", [False, True])
def test_a_command_that_breaks_ends_there_too(
    debug: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gridctl.cli.options.load_settings", lambda _: 1 // 0)
    assert run([*(["--debug"] if debug else []), "config", "show"]) == ExitCode.FAULT
    said = capsys.readouterr().err
    assert ("Traceback" in said) == debug
    assert "error: unexpected ZeroDivisionError: " in said
