"""The source of SCADA readings. Polling has a thread of its own: a slow broker moves no interval."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any

from gridctl.ingest.ports import Batch
from gridctl.ingest.scada.model import DeviceSpec
from gridctl.ingest.scada.plan import PollPlan
from gridctl.ingest.scada.poller import (
    CAP_BYTES,
    DeviceAccount,
    DevicePoller,
    Notify,
    Outbox,
    PolledReading,
    summary_of,
)
from gridctl.ingest.scada.ports import Link

IDLE_S = 0.2
Links = Callable[[DeviceSpec, int], Link]
"""Makes the link to a device, given the milliseconds that a poll may take; called within the event loop."""


class ScadaSource:
    """Implements Source: polls every device at its interval until `stop`; polls that have begun are finished."""

    def __init__(self, plans: Sequence[PollPlan], links: Links, notify: Notify, *, cap_bytes: int = CAP_BYTES) -> None:
        self._plans = plans
        self._links = links
        self._notify = notify
        self._accounts = {plan.device.device_id: DeviceAccount(plan.interval_ms) for plan in plans}
        self._outbox = Outbox(cap_bytes)
        self._stopped = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_polling: asyncio.Event | None = None
        self._failure: BaseException | None = None

    def stop(self) -> None:
        """Begin no more polls."""
        self._stopped = True
        loop, event = self._loop, self._stop_polling
        if loop is not None and event is not None:
            with suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(event.set)

    def batches(self) -> Iterator[Batch]:
        """Yield the readings as they come, an empty batch when none came for a moment."""
        thread = Thread(target=self._poll, name="scada", daemon=True)
        thread.start()
        try:
            while (records := self._outbox.take(IDLE_S)) is not None:
                yield _batch(records)
        finally:
            self.stop()
            thread.join()
        if self._failure is not None:
            raise self._failure

    def summary(self) -> dict[str, Any]:
        """Return what became of the polls; complete once the batches have ended."""
        return summary_of(self._accounts)

    def _poll(self) -> None:
        try:
            asyncio.run(self._poll_all())
        except BaseException as failure:  # noqa: BLE001 -- raised again where the batches are read
            self._failure = failure
        finally:
            self._outbox.close()

    async def _poll_all(self) -> None:
        stop = self._stop_polling = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        if self._stopped:
            return
        async with asyncio.TaskGroup() as group:
            for index, plan in enumerate(self._plans):
                link = self._links(plan.device, plan.timeout_ms)
                account = self._accounts[plan.device.device_id]
                poller = DevicePoller(plan, link, self._outbox, account, self._notify)
                # Spread over the interval, the devices do not wait for each other's turn on this thread.
                phase_ms = plan.interval_ms * index // len(self._plans)
                group.create_task(poller.run(phase_ms, stop))


def _batch(records: Sequence[PolledReading]) -> Batch:
    return Batch([record.raw for record in records], lambda index: records[index].origin)
