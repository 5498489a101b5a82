"""Entry point of `gridctl` and of `python -m gridctl`; answers `--version` before anything heavy is imported."""

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    if sys.argv[1:] == ["--version"]:
        from gridctl import __version__

        print(f"gridctl {__version__}")  # noqa: T201 -- stdout is where a version belongs
        return
    from gridctl.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
