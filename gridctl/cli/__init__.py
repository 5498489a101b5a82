"""The command: parse, call, render. One file a command group, one error boundary, one wiring file."""
