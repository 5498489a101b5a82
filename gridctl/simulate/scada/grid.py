"""The physics behind the registers: load by time of day, breakers that interrupt it, transformers that carry it.

Power is the single-phase equivalent, P = V x I x power factor, computed from the values as the registers hold them
(V in volts, I in tenths of an ampere, the factor in thousandths), so a reader that multiplies the points finds the
power point to within its resolution. A feeder whose breaker is open carries no current. A transformer carries the
sum of its bay's feeder currents.
"""

from collections.abc import Mapping, Sequence

from gridctl.simulate.draws import between, number
from gridctl.simulate.scada.outstations import NOT_IMPLEMENTED_INT16, Outstation, words_of
from gridctl.simulate.weather import HOUR_MS, Weather

NOMINAL_V = 11_000
PRIMARY_CV = 3_300  # 33 kV in tens of volts
# Share of the rating that a feeder carries, in thousandths, by hour (UTC): a morning and an evening peak.
LOAD_PERMILLE = [
    420, 380, 360, 350, 360, 420, 560, 700, 720, 680, 650, 640,
    650, 640, 630, 650, 720, 850, 950, 1000, 930, 800, 640, 500,
]  # fmt: skip
TRIP_WINDOW_MS = 120_000
TRIP_MS = 15_000
TRIP_ONE_IN = 8
STEP_MAX_MS = 10_000

Values = Mapping[str, float]


class Grid:
    """All outstations of one seed; `step` moves them to a time, `words` reads their registers."""

    def __init__(self, fleet: Sequence[Outstation], seed: int) -> None:
        self.fleet = fleet
        self.seed = seed
        self.weather = Weather(seed)
        self.at_ms: int | None = None
        self.values: dict[int, Values] = {}
        self._operated: dict[int, bool] = {}
        self._closed: dict[int, bool] = {}
        self._operations: dict[int, int] = {}
        self._energy_wms: dict[int, int] = {}

    def step(self, at_ms: int) -> None:
        """Move every outstation to a time (UTC epoch milliseconds); a long gap adds at most ten seconds of energy."""
        passed_ms = 0 if self.at_ms is None else max(0, min(STEP_MAX_MS, at_ms - self.at_ms))
        self.at_ms = at_ms
        for device in self.fleet:
            if device.kind == "breaker":
                self._move(device, at_ms)
        for device in self.fleet:
            if device.kind == "feeder":
                self.values[device.number] = self._feeder(device, at_ms, passed_ms)
        for device in self.fleet:
            if device.kind == "breaker":
                self.values[device.number] = self._breaker(device)
            elif device.kind == "transformer":
                self.values[device.number] = self._transformer(device, at_ms)

    def words(self, device: Outstation) -> list[int]:
        """Return the device's registers from address 0."""
        return words_of(device.kind, self.values[device.number])

    def closed(self, device: Outstation) -> bool:
        """Say whether a breaker is closed; of a feeder, whether its breaker is. Without a breaker it always is."""
        breaker = device.number + (device.kind == "feeder")
        return self._closed.get(breaker, True)

    def operate(self, device: Outstation, *, close: bool) -> None:
        """Open or close a breaker by command; it stays so until the next command."""
        self._operated[device.number] = close
        if self.at_ms is not None:
            self.step(self.at_ms)

    def _move(self, device: Outstation, at_ms: int) -> None:
        """Open by command, or by itself: in one window of eight a breaker trips and closes again after 15 s."""
        window, into_ms = divmod(at_ms, TRIP_WINDOW_MS)
        tripped = into_ms < TRIP_MS and number(TRIP_ONE_IN, self.seed, "trip", device.number, window) == 0
        closed = self._operated.get(device.number, not tripped)
        if self._closed.get(device.number, closed) != closed:
            self._operations[device.number] = (self._operations.get(device.number, 0) + 1) & 0xFFFF
        self._closed[device.number] = closed

    def _feeder(self, device: Outstation, at_ms: int, passed_ms: int) -> Values:
        second = at_ms // 1000
        load = between(LOAD_PERMILLE, at_ms % (24 * HOUR_MS), HOUR_MS)
        jitter = 1000 + number(41, self.seed, "load", device.number, second) - 20
        rating_a = 150 + number(251, self.seed, "rating", device.number)
        closed = self.closed(device)
        current_da = rating_a * load * jitter // 100_000 if closed else 0
        voltage_v = NOMINAL_V - current_da // 25 + number(31, self.seed, "voltage", device.number, second) - 15
        factor = 980 - load * 60 // 1000
        power_w = voltage_v * current_da * factor // 10_000
        energy_wms = self._energy_wms.get(device.number, 0) + power_w * passed_ms
        self._energy_wms[device.number] = energy_wms
        return {
            "voltage": voltage_v,
            "current": current_da,
            "power_factor": factor,
            "active_power": power_w,
            "frequency": 50_000 + number(81, self.seed, "frequency", second) - 40,
            "breaker_closed": int(closed),
            "energy": energy_wms // HOUR_MS & 0x7FFFFFFF,
        }

    def _breaker(self, device: Outstation) -> Values:
        feeder = self.values[device.number - 1]
        return {
            "closed": int(self._closed[device.number]),
            "operations": self._operations.get(device.number, 0),
            "voltage": feeder["voltage"],
            "current": feeder["current"],
        }

    def _transformer(self, device: Outstation, at_ms: int) -> Values:
        feeders = [self.values[device.number - 4], self.values[device.number - 2]]
        current_da = int(sum(feeder["current"] for feeder in feeders))
        voltage_v = int(max(feeder["voltage"] for feeder in feeders))
        factor = int(sum(feeder["power_factor"] for feeder in feeders)) // 2
        heating_dc = 400 * current_da * current_da // 8_000**2
        oil_dc = self.weather.at(at_ms).temperature_mc // 100 + 200 + heating_dc
        has_sensor = device.bay % 2 == 0
        return {
            "primary_voltage": PRIMARY_CV + number(21, self.seed, "primary", device.number, at_ms // 1000) - 10,
            "voltage": voltage_v,
            "current": current_da,
            "power_factor": factor,
            "active_power": voltage_v * current_da * factor / 1e7,
            "oil_temperature": oil_dc if has_sensor else NOT_IMPLEMENTED_INT16,
            "tap": current_da // 1_500 - 2,
        }
