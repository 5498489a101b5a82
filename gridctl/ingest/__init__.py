"""From raw bytes to published events: read, validate, stamp, encode, publish, or reject with a reason."""
