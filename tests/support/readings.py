"""A sound reading of each kind, without the fields that all kinds share."""

from typing import Any

READINGS: dict[str, dict[str, Any]] = {
    "thermostat": {
        "firmware": "2.4.1",
        "temperature_c": 21.5,
        "setpoint_c": 21.0,
        "humidity_pct": 40.0,
        "mode": "HEAT",
        "action": "HEATING",
        "power_w": 1500.0,
    },
    "charger": {
        "firmware": "1.0.0",
        "status": "CHARGING",
        "session_id": "s-1",
        "power_w": -7200.5,
        "current_a": 32.0,
        "voltage_v": 230.0,
        "session_energy_wh": 1200,
    },
    "scada": {
        "poll_seq": 7,
        "interval_ms": 1000,
        "points": [
            {"name": "voltage", "value": 11000.0, "unit": "V", "quality": "GOOD"},
            {"name": "current", "value": None, "unit": "A", "quality": "MISSING"},
        ],
    },
}
TIME_MS = 1_768_435_200_000
