"""The game server of a class: one log of events, many phones, one market or several."""
