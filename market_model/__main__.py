"""`python -m market_model` is the command `market-model`."""

from .cli import main

main()
