"""Settings in, ports out: the only package in `cli` that knows the adapters. Composition only."""
