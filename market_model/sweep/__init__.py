"""Sweeps: a file's design, its points, the one driver, the store, what it says."""
