"""`python -m market_model` is the command `market-model`."""

from .commands.main import main

main()
