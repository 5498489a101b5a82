"""Modbus outstations: who they are, what their registers say, and how they fail."""
