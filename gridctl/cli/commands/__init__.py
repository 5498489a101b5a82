"""One module a command or command group; each adds itself to the root with `register`."""
