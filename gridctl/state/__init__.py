"""The grid state: each device's last known good event, and each circuit's total."""
