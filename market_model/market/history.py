"""What happened, week by week: one array per kind of actor, filled while the market runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

type Floats = NDArray[np.float64]

SERIES: dict[str, tuple[str, ...]] = {
    "app": (
        "registered",
        "active",
        "mau",
        "aware",
        "joined",
        "free_users",
        "messages",
        "call_minutes",
        "mb",
        "sponsored_mb",
        "income",
        "cash",
        "quality",
        "main",
        "habit",
    ),
    "carrier": (
        "subscribers",
        "mb",
        "sponsored_mb",
        "wifi_mb",
        "sms",
        "phone_minutes",
        "load",
        "congestion",
        "data_price",
        "plan_income",
        "overage_income",
        "sms_income",
        "voice_income",
        "sponsor_income",
        "pack_income",
        "surcharge_income",
        "cost",
        "cash",
        "pay_as_you_go",
        "data_users",
        "data_revenue",
        "plans_chosen",
    ),
    "plan": ("customers", "data_users", "chosen", "income"),
    "offer": ("users", "active", "mb", "bill"),
    "market": (
        "hhi",
        "hhi_mau",
        "apps_per_user",
        "consumer_surplus",
        "surplus_q1",
        "surplus_q2",
        "surplus_q3",
        "surplus_q4",
        "unsponsored_price",
        "sms",
        "nobody",
    ),
}
"""Names of the weekly series by scope; their units and definitions stand in `words`."""

OF_MENUS = 4
"""The last series of carriers are of markets where some carrier sells more than one plan."""

APP = {name: k for k, name in enumerate(SERIES["app"])}
CARRIER = {name: k for k, name in enumerate(SERIES["carrier"])}
PLAN = {name: k for k, name in enumerate(SERIES["plan"])}
MARKET = {name: k for k, name in enumerate(SERIES["market"])}


class History:
    """Weekly series of one run; what a week does not have is nan (incomes stand in bill weeks
    only).

    Attributes:
        app: (weeks, T, 15). carrier: (weeks, C, 22). plan: (weeks, plans of all menus, 4), none
            where no carrier sells more than one. offer: (weeks, O, 4). market: (weeks, 11).
        region: (weeks, R, M, 2) active and registered people. by_carrier: (weeks, C, M, 2) the same
            by carrier.
        weeks: recorded so far.
    """

    def __init__(self, scenario: Scenario) -> None:
        weeks, m = scenario.weeks, len(scenario.messengers)
        self.names = {
            "app": [*scenario.messengers, *scenario.services],
            "carrier": list(scenario.carriers),
            "plan": [
                f"{name}/{plan}"
                for name, carrier in scenario.carriers.items()
                for plan in carrier.menu
                if any(len(c.menu) > 1 for c in scenario.carriers.values())
            ],
            "region": list(scenario.society.regions),
            "offer": [],
            "market": [""],
        }
        self.messengers = scenario.messengers
        self.app, self.carrier, self.plan, self.offer = (
            np.full((weeks, len(self.names[s]), len(SERIES[s])), np.nan)
            for s in ("app", "carrier", "plan", "offer")
        )
        self.market = np.full((weeks, len(SERIES["market"])), np.nan)
        self.region = np.zeros((weeks, len(self.names["region"]), m, 2))
        self.by_carrier = np.zeros((weeks, len(self.names["carrier"]), m, 2))
        self.weeks = 0

    def room_for(self, weeks: int, offers: list[str]) -> None:
        """Make place for offers that came up, and for a run longer than planned."""
        new, extra = len(offers) - self.offer.shape[1], weeks - len(self.market)
        if new > 0:
            self.offer = np.pad(self.offer, ((0, 0), (0, new), (0, 0)), constant_values=np.nan)
            self.names["offer"] = list(offers)
        for field in (
            ("app", "carrier", "plan", "offer", "market", "region", "by_carrier")
            if extra > 0
            else ()
        ):
            old, blank = getattr(self, field), 0.0 if field in ("region", "by_carrier") else np.nan
            setattr(
                self,
                field,
                np.pad(old, [(0, extra), *[(0, 0)] * (old.ndim - 1)], constant_values=blank),
            )

    def series(self, scope: str, name: str, series: str) -> Floats:
        """One weekly series, shape (weeks so far,). Region series are called "active.<app>",
        "registered.<app>".

        Raises KeyError: there is no such scope, name or series.
        """
        names = self.names.get(scope, [])
        if name not in names:
            raise KeyError(f"no {scope} '{name}'; there is: {', '.join(names)}")
        i = names.index(name)
        if scope == "region":
            kind, _, app = series.partition(".")
            return self.region[
                : self.weeks, i, self.messengers.index(app), ("active", "registered").index(kind)
            ]
        if series not in SERIES[scope]:
            raise KeyError(f"no series '{series}' of {scope}; there is: {', '.join(SERIES[scope])}")
        column = SERIES[scope].index(series)
        table: Floats = self.market if scope == "market" else getattr(self, scope)
        return table[: self.weeks, column] if scope == "market" else table[: self.weeks, i, column]

    def all(self) -> Iterator[tuple[str, str, str, Floats]]:
        """Every series as (scope, name, series, values)."""
        for scope, names in self.names.items():
            kinds = SERIES.get(scope) or tuple(
                f"{k}.{a}" for k in ("active", "registered") for a in self.messengers
            )
            if scope == "carrier" and not self.names["plan"]:
                kinds = kinds[:-OF_MENUS]
            for name in names:
                for kind in kinds:
                    yield scope, name, kind, self.series(scope, name, kind)

    def frame(self) -> pd.DataFrame:
        """All series in long form: week, scope, name, series, value (without nan)."""
        import pandas as pd

        parts = [
            pd.DataFrame(
                {"week": np.arange(self.weeks), "scope": s, "name": n, "series": k, "value": v}
            )
            for s, n, k, v in self.all()
        ]
        return pd.concat(parts, ignore_index=True).dropna(subset=["value"]).reset_index(drop=True)

    def arrays(self) -> list[NDArray[Any]]:
        """Every recorded array, for digests."""
        menus = bool(self.names["plan"])
        carrier = self.carrier if menus else self.carrier[:, :, :-OF_MENUS]
        return [
            a[: self.weeks]
            for a in (
                self.app,
                carrier,
                *([self.plan] if menus else []),
                self.offer,
                self.market,
                self.region,
                self.by_carrier,
            )
        ]
