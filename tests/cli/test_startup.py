"""Start-up stays fast: which modules a call loads is asserted here; `benchmarks/startup.py` has the times."""

import json
import subprocess
import sys

HEAVY = {"typer", "pydantic", "confluent_kafka", "redis", "fastavro", "httpx", "pymodbus", "paho", "asyncio", "yaml"}
PROBE = """
import json, sys
sys.argv = ["gridctl", *json.loads(sys.argv[1])]
from gridctl.__main__ import main
try:
    main()
except SystemExit:
    pass
sys.stderr.write(json.dumps(sorted(sys.modules)))
"""


def modules_after(*argv: str) -> tuple[str, set[str]]:
    """Return what the call printed, and the modules that were loaded when it ended."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(argv)], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout, set(json.loads(done.stderr.splitlines()[-1]))


def test_version_loads_nothing_of_ours_but_the_version() -> None:
    printed, modules = modules_after("--version")
    assert printed.startswith("gridctl ")
    assert {name for name in modules if name.startswith("gridctl")} == {"gridctl", "gridctl.__main__"}
    assert not modules & (HEAVY | {"rich"})


def test_root_help_loads_no_command_and_no_heavy_library() -> None:
    printed, modules = modules_after("--help")
    assert "gridctl simulate" in printed
    assert not modules & (HEAVY | {"rich"})
    assert not [name for name in modules if name.startswith("gridctl.cli.commands.")]


def test_a_command_loads_only_its_own_modules() -> None:
    _, modules = modules_after("registry", "--help")
    loaded = {name for name in modules if name.startswith("gridctl.cli.commands.")}
    assert loaded == {"gridctl.cli.commands.registry"}
    assert not modules & {"confluent_kafka", "redis", "fastavro", "httpx", "pymodbus", "paho", "uvicorn", "starlette"}
