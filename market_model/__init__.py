"""An agent-based market game on messaging apps and free data."""

MODEL_VERSION = 2
"""Raised whenever the same scenario and seed give other numbers than before."""
