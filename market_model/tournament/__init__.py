"""Bots against each other over common luck."""
