"""Who decides: carriers, apps, the regulator; their offers, decisions, bots, and the ledger
between them.
"""
