"""For programs: the stable JSON document of every gate."""

import json

from gridctl.contracts.verdict import Verdict


def write(verdict: Verdict) -> str:
    """Return the document on one line."""
    return json.dumps(verdict.as_json(), ensure_ascii=False) + "\n"
