"""Group sessions for the embedded broker, which never gives up a member that was killed.

Without them nobody would get that member's partitions.

Runs beside the broker. Once a second it takes members out of their groups whose process on this machine has ended; a
static member only after a while, so that it can come back. Processors name their process in the client id; other
clients' members are left alone. Apache Kafka does all of this by itself.
"""

import re
import socket
import struct
import sys
import time

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from gridctl.adapters.kafka.config import client_config

LOOK_EVERY_S = 1.0
STATIC_SESSION_S = 10.0
ANSWER_TIMEOUT_S = 5.0
LEAVE_GROUP, VERSION = 13, 0  # of the Kafka protocol; the client has no call for another member's leave
PROCESS = re.compile(r"gridctl-(\d+)-(\d+)")


def has_ended(client_id: str) -> bool:
    """Say whether the process that a client id names (`gridctl-PID-SECONDS`, seconds of the epoch) has ended."""
    match = PROCESS.fullmatch(client_id)
    if match is None:
        return False
    try:
        process = psutil.Process(int(match[1]))
        # A process that began after the client did has only got the same pid.
        return process.status() == psutil.STATUS_ZOMBIE or process.create_time() > int(match[2]) + 1
    except psutil.NoSuchProcess:
        return True


def take_out(address: str, group: str, member_id: str) -> None:
    """Send the leave of a member that can do so no more."""
    host, port = address.rsplit(":", 1)
    body = struct.pack(">hhi", LEAVE_GROUP, VERSION, 1) + b"".join(map(_text, ("gridctl", group, member_id)))
    with socket.create_connection((host, int(port)), ANSWER_TIMEOUT_S) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        connection.recv(64)  # it left, or was gone already: both are what was wanted


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack(">h", len(encoded)) + encoded


class Sessions:
    """Looks at all groups of a broker, again and again."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._admin = AdminClient(client_config(address, {}))
        self._ended_since: dict[str, float] = {}

    def look(self, now_s: float) -> None:
        """Take out every member whose session is over."""
        listed = self._admin.list_consumer_groups(request_timeout=ANSWER_TIMEOUT_S).result()
        names = [group.group_id for group in listed.valid]
        found = self._admin.describe_consumer_groups(names, request_timeout=ANSWER_TIMEOUT_S) if names else {}
        for name, future in found.items():
            for member in future.result().members:
                if has_ended(member.client_id):
                    since_s = self._ended_since.setdefault(member.member_id, now_s)
                    if not member.group_instance_id or now_s - since_s >= STATIC_SESSION_S:
                        take_out(self._address, name, member.member_id)


def main(address: str) -> None:
    """Look until the process is ended; a broker that does not answer is asked again."""
    sessions = Sessions(address)
    while True:
        try:
            sessions.look(time.monotonic())
        except (KafkaException, OSError) as problem:
            sys.stderr.write(f"{problem}\n")
            sys.stderr.flush()
        time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    main(sys.argv[1])
