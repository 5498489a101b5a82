"""The only place that imports a vendor's library: each module implements ports of the rooms above."""
