"""The ledger of what was done: a hash chain that anybody can check. Pure."""
