"""Group sessions for the embedded broker, which never removes a member that was killed.

Without them that member's partitions would stay unread.

Runs beside the broker. Several times a second it takes members out of their groups whose process on this machine has
ended, static ones too: where a static member comes back in its own place the broker lets it, if it leads the group,
assign partitions without telling the others, and some would stay unread. One that came back before the look is made to
join once more. Our clients name their process in the client id; other clients' members are left alone. Apache Kafka
does all of this by itself, and keeps a static member's place.
"""

import socket
import struct
import sys
import time

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from gridctl.adapters.kafka.config import client_config
from gridctl.local.stack.embedded_client import process_of

LOOK_EVERY_S = 0.2
ANSWER_TIMEOUT_S = 5.0
LEAVE_GROUP, VERSION = 13, 0  # of the Kafka protocol; the client has no call for another member's leave


def has_ended(client_id: str) -> bool:
    """Say whether the process that a client id of ours names has ended."""
    named = process_of(client_id)
    if named is None:
        return False
    pid, made_s = named
    try:
        process = psutil.Process(pid)
        # A process that began after the client did has only got the same pid.
        return process.status() == psutil.STATUS_ZOMBIE or process.create_time() > made_s + 1
    except psutil.NoSuchProcess:
        return True


def take_out(address: str, group: str, member_id: str) -> None:
    """Send a request to leave the group for a member that cannot send it itself."""
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
        self._admin = AdminClient(client_config("admin", address, {}))
        self._process_of: dict[tuple[str, str], str] = {}

    def look(self) -> None:
        """Take out every member whose session is over."""
        listed = self._admin.list_consumer_groups(request_timeout=ANSWER_TIMEOUT_S).result()
        names = [group.group_id for group in listed.valid]
        found = self._admin.describe_consumer_groups(names, request_timeout=ANSWER_TIMEOUT_S) if names else {}
        for name, future in found.items():
            members = future.result().members
            for member in members:
                place = (name, member.group_instance_id or "")
                if has_ended(member.client_id):
                    take_out(self._address, name, member.member_id)
                    self._process_of.pop(place, None)  # who joins now joins as anybody does
                elif member.group_instance_id and self._came_back(place, member.client_id) and len(members) > 1:
                    take_out(self._address, name, member.member_id)

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
            sessions.look()
        except (KafkaException, OSError) as problem:
            sys.stderr.write(f"{problem}\n")
            sys.stderr.flush()
        time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    main(sys.argv[1])
