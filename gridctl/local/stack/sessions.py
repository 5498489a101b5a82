"""Group sessions for the embedded broker, which never gives up a member that was killed.

Without them nobody would get that member's partitions.

Runs beside the broker. Twice a second it takes members out of their groups whose process on this machine has ended;
a static member only after a while, so that it can come back. When a static member came back beside others as another
process, it is made to join once more: the broker lets it, where it leads the group, hand out partitions without telling
the others, and some would be nobody's. Processors name their process in the client id; other clients' members are left
alone. Apache Kafka does all of this by itself.
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

LOOK_EVERY_S = 0.5
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
        self._process_of: dict[tuple[str, str], str] = {}

    def look(self, now_s: float) -> None:
        """Take out every member whose session is over."""
        listed = self._admin.list_consumer_groups(request_timeout=ANSWER_TIMEOUT_S).result()
        names = [group.group_id for group in listed.valid]
        found = self._admin.describe_consumer_groups(names, request_timeout=ANSWER_TIMEOUT_S) if names else {}
        for name, future in found.items():
            members = future.result().members
            for member in members:
                instance_id = member.group_instance_id or ""
                is_over = self._is_over(member.member_id, member.client_id, bool(instance_id), now_s)
                came_back = bool(instance_id) and self._came_back((name, instance_id), member.client_id)
                if is_over or (came_back and len(members) > 1):
                    take_out(self._address, name, member.member_id)

    def _is_over(self, member_id: str, client_id: str, is_static: bool, now_s: float) -> bool:
        if not has_ended(client_id):
            return False
        since_s = self._ended_since.setdefault(member_id, now_s)
        return not is_static or now_s - since_s >= STATIC_SESSION_S

    def _came_back(self, place: tuple[str, str], client_id: str) -> bool:
        """Say whether another process than before has taken a static member's place; once for each."""
        before = self._process_of.get(place, client_id)
        self._process_of[place] = client_id
        return before != client_id


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
