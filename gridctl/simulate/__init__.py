"""Outstations, thermostats, chargers, weather and asset records, driven by one seed."""
