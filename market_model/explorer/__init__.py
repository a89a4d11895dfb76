"""The simulation in the browser: a Solara page, and the server that brings it."""
