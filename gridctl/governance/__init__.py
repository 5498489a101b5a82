"""Schemas in the registry: what the tree says is what is registered, and every change is in the ledger."""
