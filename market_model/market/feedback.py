"""What a week of use does to the next one, beside the users themselves: full networks, and
businesses that come where users are.
"""

from __future__ import annotations

from .columns import BILL_KIB, FREE_KIB, Tally
from .equations import KIB, congestion
from .state import State
from .week import kib_by_carrier


def load_networks(state: State, tally: Tally) -> None:
    """Traffic against capacity: next week's congestion."""
    by_way = kib_by_carrier(tally, len(state.carriers))
    kib = by_way[:, BILL_KIB] + by_way[:, FREE_KIB] + state.other_kib
    for carrier, traffic, users in zip(state.carriers, kib, state.customers, strict=True):
        room = carrier.capacity_mb
        carrier.subscribers = float(users) * state.scale
        carrier.load = float(traffic) / KIB / (room * float(users)) if room and users else 0.0
        carrier.congestion = float(congestion(carrier.load))


def businesses_come(state: State) -> None:
    """Businesses join where users are (two-sided features)."""
    two_sided = [
        (k, app.name, name, f)
        for k, app in enumerate(state.apps[: len(state.messengers)])
        for name, f in app.features.items()
        if (f.businesses or f.business_margin) and state.week >= state.scenario.week_of(f.launch)
    ]
    shares = state.active_shares() if two_sided else []
    for k, app, name, feature in two_sided:
        come = state.businesses.get((app, name), 0.0)
        state.businesses[app, name] = come + feature.business_speed * (shares[k] - come)
