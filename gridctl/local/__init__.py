"""The stack for a laptop and for CI."""
