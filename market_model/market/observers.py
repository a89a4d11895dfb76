"""Who looks at a running market. Looking changes no bit of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .market import Market


class Observer:
    """Called in every week of a market that it was given to; what it does not define is nothing.

    A market's copies go without its observers.
    """

    def before_users(self, market: Market) -> None:
        """The week's terms stand, and nobody has acted on them."""

    def after_users(self, market: Market) -> None:
        """All users have acted; networks, bills and history have not."""

    def after_week(self, market: Market) -> None:
        """The week is over and in the history; `market.week` is the next one."""
