"""Records that were refused, each with its reason."""
