"""Consumed events become the grid state, each once, or a dead letter with its reason."""
