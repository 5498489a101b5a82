"""What crosses a wire. Pure: no clock, no environment, no file, no socket."""
