"""Where work is done, and what users bring to it."""
