"""Publishing until everything is acknowledged."""

from gridctl.streams.publisher import Publisher, Receipt
from tests.support.wait import wait_until


def settled(publisher: Publisher, receipt: Receipt) -> Receipt:
    """Return the receipt once the broker has answered for each of its messages."""

    def answered() -> bool:
        publisher.poll(0.1)
        return not receipt.outstanding

    wait_until(answered, pause_s=0)
    return receipt
