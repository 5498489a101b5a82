"""The platform's parts as processes on loopback, for a laptop and for CI. Their data ends with them."""
