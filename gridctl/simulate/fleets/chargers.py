"""A fleet of EV chargers: sessions that arrive by time of day, constant current, then a taper above 80 %.

Power is voltage x current to the last digit (tenths of a volt x hundredths of an ampere = milliwatts), and the
session's energy is the sum of power x time. Multi-phase chargers report their single-phase equivalent. Eleven bytes
a device: four for the energy, two for the session's number, one each for status, hardware, battery, charge at
arrival and target.
"""

from array import array

from gridctl.simulate.draws import number, octets
from gridctl.simulate.faults import Shape
from gridctl.simulate.fleet import BLOCK, PHASE_STEP, Fleet, FleetPlan
from gridctl.simulate.weather import HOUR_MS

AVAILABLE, PREPARING, CHARGING, FINISHING = range(4)
STATUSES = ("AVAILABLE", "PREPARING", "CHARGING", "FINISHING")
DRAW_UNIT = 1 << 24
TAPER_FROM_PERMILLE = 800
IN_SESSION_AT_START = 77  # of 256
BURST_ARRIVALS = 8
LEAVE_PER_HOUR_PERMILLE = 3_000
# Arrivals an idle charger sees, in thousandths an hour, hour by hour (UTC): few at night, most after work.
ARRIVALS_PERMILLE = (
    15, 10, 10, 10, 15, 30, 60, 90, 110, 90, 80, 90,
    100, 90, 90, 120, 200, 320, 360, 300, 200, 120, 60, 30,
)  # fmt: skip

FIRMWARES = ("1.8.0", "1.8.3", "1.9.1", "1.9.2")
# (voltage in tenths of a volt, greatest current in hundredths of an ampere): 3.7, 7.4, 11 and 50 kW.
HARDWARE = ((2300, 1600), (2300, 3200), (2300, 4783), (4000, 12500))
HARDWARE_OF = [HARDWARE[0 if h < 80 else 1 if h < 180 else 2 if h < 240 else 3] for h in range(256)]  # noqa: PLR2004 -- shares of 256
VOLTAGE_DV = [hardware[0] for hardware in HARDWARE_OF]
CURRENT_CA = [hardware[1] for hardware in HARDWARE_OF]
FIRMWARE_TEXT = [f',"firmware":"{FIRMWARES[hardware & 3]}","status":"' for hardware in range(256)]


class Chargers(Fleet):
    """The fleet; see the module for its physics."""

    kind = "charger"
    prefix = "ev"
    about = "Simulate EV chargers: sessions by time of day, constant current, then a taper."
    shape = Shape(number="voltage_v", enumeration="status")
    octets_each = 3

    def __init__(self, plan: FleetPlan) -> None:
        super().__init__(plan)
        self.energy_mwh = array("i", bytes(4 * plan.devices))
        self.session = array("H", bytes(2 * plan.devices))
        self.status, self.hardware = bytearray(plan.devices), bytearray()
        self.battery_kwh, self.arrived_pct, self.target_pct = (bytearray(plan.devices) for _ in range(3))
        for block in range(-(-plan.devices // BLOCK)):
            size = min(BLOCK, plan.devices - block * BLOCK)
            traits = octets(2 * BLOCK, plan.seed, self.kind, "traits", block)
            self.hardware += traits[:size]
            for at in range(size):
                if traits[BLOCK + at] < IN_SESSION_AT_START:
                    self._arrive(block * BLOCK + at)
                    self.status[block * BLOCK + at] = CHARGING

    def _arrive(self, index: int) -> None:
        """Start a session: a battery of 40 to 95 kWh that arrives with 10 to 69 % and wants 80 to 100 %."""
        self.session[index] = (self.session[index] + 1) & 0xFFFF
        drawn = number(1 << 30, self.plan.seed, "session", index, self.session[index])
        self.energy_mwh[index] = 0
        self.battery_kwh[index] = 40 + drawn % 56
        self.arrived_pct[index] = 10 + (drawn >> 8) % 60
        self.target_pct[index] = 80 + (drawn >> 16) % 21

    def prepare(self, at_ms: int, step_ms: int, *, burst: bool) -> None:
        """Compute how likely an arrival and a departure are within the step."""
        arrivals = ARRIVALS_PERMILLE[at_ms // HOUR_MS % 24] * (BURST_ARRIVALS if burst else 1)
        self._step_ms = step_ms
        self._arrive_below = min(DRAW_UNIT, DRAW_UNIT * arrivals * step_ms // (1000 * HOUR_MS))
        self._leave_below = min(DRAW_UNIT, DRAW_UNIT * LEAVE_PER_HOUR_PERMILLE * step_ms // (1000 * HOUR_MS))

    def advance(self, first: int, last: int, base_ms: int, spread_ms: int) -> list[str]:
        """Move the chargers of [first, last) and return their lines."""
        noise, offset = self.noise(first), first // BLOCK * BLOCK
        hardware, status, session, energy_mwh = self.hardware, self.status, self.session, self.energy_mwh
        lines: list[str] = []
        for index in range(first, last):
            at = 3 * (index - offset)
            drawn = noise[at] << 16 | noise[at + 1] << 8 | noise[at + 2]
            made = hardware[index]
            # The supply moves by 2 % either way.
            voltage = VOLTAGE_DV[made] * (6272 + noise[at + 2]) // 6400
            current = self._step(index, drawn, voltage)
            doing, energy = status[index], energy_mwh[index]
            power = voltage * current
            of_session = (
                f',"session_id":"ev-{index + 1:07d}/{session[index]}","session_energy_wh":{energy // 1000}}}'
                if doing
                else "}"
            )
            lines.append(
                f'{{"kind":"charger","device_id":"ev-{index + 1:07d}",'
                f'"event_time_ms":{base_ms + index * PHASE_STEP % spread_ms}{FIRMWARE_TEXT[made]}'
                f'{STATUSES[doing]}","power_w":{power // 1000}.{power % 1000:03d},'
                f'"current_a":{current // 100}.{current % 100:02d},'
                f'"voltage_v":{voltage // 10}.{voltage % 10}{of_session}'
            )
        return lines

    def _step(self, index: int, drawn: int, voltage_dv: int) -> int:
        """Move one charger by a step and return its current in hundredths of an ampere."""
        doing = self.status[index]
        if doing == CHARGING:
            return self._charge(index, voltage_dv)
        if doing == AVAILABLE and drawn < self._arrive_below:
            self._arrive(index)
            self.status[index] = PREPARING
        elif doing == PREPARING:
            self.status[index] = CHARGING
            return self._charge(index, voltage_dv)
        elif doing == FINISHING and drawn < self._leave_below:
            self.status[index] = AVAILABLE
        return 0

    def _charge(self, index: int, voltage_dv: int) -> int:
        """Deliver energy for a step: full current up to 80 %, then down to a tenth of it at 100 %."""
        charge = 10 * self.arrived_pct[index] + self.energy_mwh[index] // (1000 * self.battery_kwh[index])
        if charge >= 10 * self.target_pct[index]:
            self.status[index] = FINISHING
            return 0
        current = CURRENT_CA[self.hardware[index]]
        if charge > TAPER_FROM_PERMILLE:
            current = current * (100 + (1000 - charge) * 9 // 2) // 1000
        self.energy_mwh[index] += voltage_dv * current * self._step_ms // HOUR_MS
        return current


FLEET = Chargers
