"""A refused record: what is wrong with it, and whose it was."""

from typing import NamedTuple

from gridctl.contracts.deadletter import Stage


class Names(NamedTuple):
    """What could be read of a record that was refused."""

    kind: str | None = None
    device_id: str | None = None
    firmware: str | None = None


class Refusal(Exception):
    """Why a record was refused: `rule` is a stable word, `reason` is for people, `field` is the place in it.

    A value where refusing is an everyday result, an exception where it ends the reading of a record.
    """

    def __init__(
        self, stage: Stage, rule: str, reason: str, field: str | None = None, names: Names | None = None
    ) -> None:
        super().__init__(reason)
        self.stage = stage
        self.rule = rule
        self.reason = reason
        self.field = field
        self.names = names or Names()


class Oversize(NamedTuple):
    """A record that is too long to be held: its beginning, and length and SHA-256 of the whole."""

    head: bytes
    length: int
    sha256: str
    origin: str
