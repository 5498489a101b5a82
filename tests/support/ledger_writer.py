"""One of many writers to a ledger, as a process: BOOTSTRAP REGISTRY NAME APPENDS FACTS; prints its turns."""

import sys
import time
from typing import Any

from confluent_kafka import Producer

from gridctl.adapters.kafka import ledger
from gridctl.adapters.registry import HttpRegistry, RegistryOptions
from gridctl.audit.ledger import Origin
from gridctl.contracts.audit import AUDIT_SUBJECT
from tests.running_stack import ROOT


def main(bootstrap: str, url: str, name: str, appends: int, facts: int) -> int:
    """Append, and return the number of turns."""
    turns: list[Producer] = []

    class Counted(Producer):
        """A producer is made for each turn."""

        def __init__(self, settings: dict[str, Any]) -> None:
            super().__init__(settings)
            turns.append(self)

    vars(ledger)["Producer"] = Counted
    schema = (ROOT / "schemas" / AUDIT_SUBJECT / "v1.avsc").read_text()
    with (
        HttpRegistry(RegistryOptions(url)) as registry,
        ledger.KafkaLedger(bootstrap, {}, registry, schema) as chain,
    ):
        for step in range(appends):
            chain.append(
                [
                    Origin(name).fact("test.queue", f"{name}/{step}/{each}", time.time_ns() // 1_000_000)
                    for each in range(facts)
                ]
            )
    return len(turns)


if __name__ == "__main__":
    _, broker, address, who, many, together = sys.argv
    print(main(broker, address, who, int(many), int(together)))
