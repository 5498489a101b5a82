"""A fleet of thermostats: rooms that lose heat to the weather, and equipment that switches with hysteresis.

dT/dt = (outdoor - T) / tau + lift / tau while heating, - lift / tau while cooling. `lift` is how far above (below)
the outdoor temperature the equipment can hold the room. Temperatures are millionths of a degree in integers.
Seven bytes a device: four for the temperature, one each for the house, the habits and what the equipment does.
"""

from array import array

from gridctl.simulate.draws import octets
from gridctl.simulate.faults import Shape
from gridctl.simulate.fleet import BLOCK, PHASE_STEP, Fleet, FleetPlan
from gridctl.simulate.weather import DAY_MS, HOUR_MS

IDLE, HEATING, COOLING = range(3)
ACTIONS = ("IDLE", "HEATING", "COOLING")
UC = 1_000_000  # millionths of a degree in a degree
NEVER_UC = 2**31
HYSTERESIS_UC = 500_000
AUTO_GAP_UC = 3 * UC
COLD_UC = 15 * UC
NIGHT_SETBACK_UC = 2 * UC
EVENT_SETPOINT_UC = 3 * UC
TENTHS = [f"{tenth // 10}.{tenth % 10}" for tenth in range(1001)]
# The contract's range, -60.0 to 90.0 degrees; a room stays well inside it.
DEGREES = [f"{'-' if tenth < 0 else ''}{abs(tenth) // 10}.{abs(tenth) % 10}" for tenth in range(-600, 901)]
DEGREES_ZERO = 600

FIRMWARES = ("2.4.1", "2.4.2", "2.5.0", "2.5.1")
MODES = ("HEAT", "HEAT", "HEAT", "AUTO", "AUTO", "AUTO", "COOL", "OFF")

# What the house byte says: time constant 5 to 14.4 h, heating lift 32 to 47 degrees, cooling lift 14 to 21.5
# degrees, electrical power of the equipment 1.2 to 8.9 kW (in tenths of a watt).
TAU_MS = [(5 * HOUR_MS + (house & 15) * HOUR_MS * 5 // 8) for house in range(256)]
HEAT_LIFT_UC = [(32 + (house >> 4)) * UC for house in range(256)]
COOL_LIFT_UC = [14 * UC + (house >> 4) * UC // 2 for house in range(256)]
POWER_DW = [12_000 + (255 - house) * 302 for house in range(256)]

# What the habit byte says: mode, firmware, and a comfort temperature of 18.0 to 22.2 degrees in steps of 0.6.
COMFORT_UC = [18 * UC + (habit >> 5) * 600_000 for habit in range(256)]


class Thermostats(Fleet):
    """The fleet; see the module for its physics."""

    kind = "thermostat"
    prefix = "th"
    about = "Simulate thermostats: rooms driven by the weather."
    shape = Shape(number="temperature_c", enumeration="mode")

    def __init__(self, plan: FleetPlan) -> None:
        super().__init__(plan)
        self.temperature_uc = array("i")
        self.house, self.habit, self.action = bytearray(), bytearray(), bytearray()
        self.prepare(plan.schedule.start_ms, plan.schedule.interval_ms, burst=False)
        cold = self._outdoor_uc < COLD_UC
        for block in range(-(-plan.devices // BLOCK)):
            size = min(BLOCK, plan.devices - block * BLOCK)
            traits = octets(3 * BLOCK, plan.seed, self.kind, "traits", block)
            habits, drawn = traits[BLOCK : BLOCK + size], traits[2 * BLOCK : 2 * BLOCK + size]
            self.house += traits[:size]
            self.habit += habits
            # The run begins in the middle of life: rooms within their band, a quarter of the heaters on.
            self.action += bytes(
                HEATING if cold and at & 3 == 0 and MODES[habit & 7] in ("HEAT", "AUTO") else IDLE
                for habit, at in zip(habits, drawn, strict=True)
            )
            self.temperature_uc.extend(
                self._to_uc[habit] + (at - 128) * 4_000 for habit, at in zip(habits, drawn, strict=True)
            )

    def prepare(self, at_ms: int, step_ms: int, *, burst: bool) -> None:
        """Compute outdoor air, setpoints and the parts of the lines that do not differ within a trait."""
        outdoor = self.weather.at(at_ms)
        self._outdoor_uc = outdoor.temperature_mc * 1000
        self._humidity = 300 + outdoor.humidity_permille // 8
        self._step_ms = step_ms
        self._heat_uc = [lift * step_ms // tau for lift, tau in zip(HEAT_LIFT_UC, TAU_MS, strict=True)]
        self._cool_uc = [lift * step_ms // tau for lift, tau in zip(COOL_LIFT_UC, TAU_MS, strict=True)]
        if burst:
            # People turn up the heating (cooling) when a cold snap (heat wave) is announced: all switch on at once.
            shift_uc = EVENT_SETPOINT_UC if self.weather.event_shift_mc() < 0 else -EVENT_SETPOINT_UC
            self._habits(shift_uc, shift_uc)
        elif 6 <= at_ms % DAY_MS // HOUR_MS < 22:  # noqa: PLR2004 -- hours of the day
            self._habits(0, 0)
        else:
            self._habits(-NIGHT_SETBACK_UC, NIGHT_SETBACK_UC)

    def _habits(self, heat_shift_uc: int, cool_shift_uc: int) -> None:
        modes = [MODES[habit & 7] for habit in range(256)]
        heat_to = [comfort + heat_shift_uc for comfort in COMFORT_UC]
        cool_to = [
            comfort + cool_shift_uc + (AUTO_GAP_UC if mode == "AUTO" else 0)
            for comfort, mode in zip(COMFORT_UC, modes, strict=True)
        ]
        self._heat_below = [
            to - HYSTERESIS_UC if mode in ("HEAT", "AUTO") else -NEVER_UC
            for to, mode in zip(heat_to, modes, strict=True)
        ]
        self._cool_above = [
            to + HYSTERESIS_UC if mode in ("COOL", "AUTO") else NEVER_UC
            for to, mode in zip(cool_to, modes, strict=True)
        ]
        self._heat_until = [to + HYSTERESIS_UC for to in heat_to]
        self._cool_until = [to - HYSTERESIS_UC for to in cool_to]
        self._to_uc = [
            cool if mode == "COOL" else heat for heat, cool, mode in zip(heat_to, cool_to, modes, strict=True)
        ]
        self._texts(modes)

    def _texts(self, modes: list[str]) -> None:
        self._firmware = [f',"firmware":"{FIRMWARES[habit >> 3 & 3]}","temperature_c":' for habit in range(256)]
        self._setpoint = [
            f',"setpoint_c":{DEGREES[setpoint // 100_000 + DEGREES_ZERO]},"humidity_pct":' for setpoint in self._to_uc
        ]
        self._mode = [[f',"mode":"{mode}","action":"{action}","power_w":' for mode in modes] for action in ACTIONS]

    def advance(self, first: int, last: int, base_ms: int, spread_ms: int) -> list[str]:
        """Move the rooms of [first, last) and return their lines; the hot loop, so everything is local."""
        temperature_uc, house, habit, action = self.temperature_uc, self.house, self.habit, self.action
        outdoor_uc, step_ms, humidity = self._outdoor_uc, self._step_ms, self._humidity
        heat_uc, cool_uc, tau_ms, power_dw = self._heat_uc, self._cool_uc, TAU_MS, POWER_DW
        heat_below, heat_until = self._heat_below, self._heat_until
        cool_above, cool_until = self._cool_above, self._cool_until
        firmware, setpoint, mode, degrees, tenths = self._firmware, self._setpoint, self._mode, DEGREES, TENTHS
        noise = self.noise(first)
        offset = first // BLOCK * BLOCK
        lines: list[str] = []
        for index in range(first, last):
            home, custom, doing, drawn = house[index], habit[index], action[index], noise[index - offset]
            room = temperature_uc[index]
            room += (outdoor_uc - room) * step_ms // tau_ms[home]
            if doing == HEATING:
                room += heat_uc[home]
            elif doing == COOLING:
                room -= cool_uc[home]
            if room < heat_below[custom] or (doing == HEATING and room < heat_until[custom]):
                doing = HEATING
            elif room > cool_above[custom] or (doing == COOLING and room > cool_until[custom]):
                doing = COOLING
            else:
                doing = IDLE
            temperature_uc[index], action[index] = room, doing
            # The supply voltage moves the power by up to 6.4 %; the electronics alone draw 2.0 to 3.5 W.
            power = power_dw[home] * (1872 + drawn) // 2000 if doing else 20 + (drawn & 15)
            lines.append(
                f'{{"kind":"thermostat","device_id":"th-{index + 1:07d}",'
                f'"event_time_ms":{base_ms + index * PHASE_STEP % spread_ms}{firmware[custom]}'
                f"{degrees[room // 100_000 + 600]}{setpoint[custom]}{tenths[humidity + (drawn >> 2)]}"
                f"{mode[doing][custom]}{power // 10}.{power % 10}}}"
            )
        return lines


FLEET = Thermostats
