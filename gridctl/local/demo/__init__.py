"""The whole platform for a few seconds: real processes over real sockets, and an account of every reading."""
