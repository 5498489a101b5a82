"""The pull request gate: what the author declares, held against what the change touches and who approved it."""
