"""Service level objectives: what is promised, how much of it is used up, and how fast. Pure."""
