"""Where the clone, its schemas and the command of its environment are."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "schemas"
BIN = Path(sys.executable).parent
GRIDCTL = str(BIN / "gridctl")
