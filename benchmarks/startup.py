"""Start-up against bare Python in the same environment: interleaved runs, medians, ratios."""

import compileall
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
BIN = Path(sys.executable).parent
CASES = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "gridctl --version": [str(BIN / "gridctl"), "--version"],
    "gridctl --help": [str(BIN / "gridctl"), "--help"],
    "gridctl state --help": [str(BIN / "gridctl"), "state", "--help"],
}


def wall_ms(command: list[str]) -> float:
    """Run the command once and return its wall time."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Print the table."""
    compileall.compile_dir(Path(__file__).parents[1] / "gridctl", quiet=1)
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for command in CASES.values():
        wall_ms(command)
    for _ in range(ROUNDS):
        for name, command in CASES.items():
            times[name].append(wall_ms(command))
    bare = statistics.median(times["python -c pass"])
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:24} {median:7.1f} ms  {median / bare:5.2f} x bare")


if __name__ == "__main__":
    main()
