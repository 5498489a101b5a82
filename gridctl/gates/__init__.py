"""Gates: what decides that a change may not be merged. Every gate returns one Verdict, in one shape."""
