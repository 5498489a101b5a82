"""One module a command or command group; `app` is what it adds to the root."""
