"""How far consumer groups are behind: what was read of a partition, its class, and sums that hide nothing."""
