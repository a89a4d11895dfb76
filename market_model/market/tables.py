"""What a scenario says of every week: the parameters as numbers, and the look-up tables before a
week is written into them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..scenario import Scenario
from .columns import NO_OFFER, Rules, Terms
from .equations import crowd_share

type Floats = NDArray[np.float64]


def rules_of(scenario: Scenario, block: int) -> Rules:
    """The behavioural parameters as numbers."""
    p = scenario.parameters
    return Rules(
        beta=p.beta,
        refresh=p.refresh,
        network_effect=p.network_effect,
        habit_decay=p.habit_decay,
        crowding=p.crowding,
        salience=p.salience,
        registration_rate=p.registration_rate,
        reference_price=p.reference_price,
        sensitivity=p.price_sensitivity,
        linear=p.demand == "linear",
        choke=p.choke_price,
        messages=p.messages_per_week,
        sms=p.sms_per_week,
        minutes=p.call_minutes_per_week,
        video_share=p.video_share,
        regions=len(scenario.society.regions),
        devices=len(scenario.society.devices),
        block=block,
        presence_weeks=p.presence_weeks,
        sms_fading=p.sms_fading,
        packs=False,
        pots=False,
    )


def conversation_shares(weights: Sequence[float], other: float) -> Floats:
    """Share of a conversation by each app in common, and by SMS or phone; shape (2^M, M + 1)."""
    apps = len(weights)
    table = np.zeros((1 << apps, apps + 1))
    for common in range(1 << apps):
        shared = [w if common >> a & 1 else 0.0 for a, w in enumerate(weights)]
        total = sum(shared)
        table[common] = (
            [crowd_share(w, total, other) for w in (*shared, other)]
            if total > 0
            else [0.0] * apps + [1.0]
        )
    return table


def blank_terms(scenario: Scenario, channels: int, pressure: NDArray[np.float32]) -> Terms:
    """The tables of a market in which nothing is open, heard of or offered.

    Args: channels: 1, or 3 when some app carries calls. pressure: of the users, shape (n,), logit.
    """
    p, names = scenario.parameters, (*scenario.messengers, *scenario.services)
    apps = [scenario.apps[n] for n in names]
    m, t = len(scenario.messengers), len(names)
    r = len(scenario.society.regions)
    cr = len(scenario.carriers) * r
    x = cr * len(scenario.society.devices)
    data = np.array(
        [
            [a.mb_per_message, a.mb_per_voice_minute, a.mb_per_video_minute, a.mb_per_week]
            for a in apps
        ]
    )
    week_mb: Any = data[:, 3] + p.messages_per_week * (np.arange(t) < m) * data[:, 0]
    carriers = len(scenario.carriers)
    text = conversation_shares([a.message_weight for a in apps[:m]], p.sms_weight)
    calls = conversation_shares([a.call_weight for a in apps[:m]], p.phone_weight)
    return Terms(
        lanes=np.zeros(m, np.uint8),
        cells=np.zeros((x, m, 3)),
        open=np.zeros(x, np.uint8),
        down=np.zeros(1, np.uint8),
        hear=np.zeros((r, m, 2)),
        try_once=np.zeros((r, m)),
        caps=np.zeros((2, channels, x), np.uint8),
        places=np.zeros((cr, t, 3)),
        offer=np.full((cr, t, 1), NO_OFFER, np.int16),
        pack=np.full((cr, t, 1), NO_OFFER, np.int16),
        gift=np.full((cr, m), NO_OFFER, np.int16),
        offers=np.zeros((0, 4)),
        bits=np.zeros((0, 2), np.uint8),
        data=data,
        text=np.stack([text] * carriers),
        calls=np.stack([calls] * carriers),
        response=np.ones((cr, 2)),
        service=np.array([a.reach for a in apps[m:]]),
        quarters=np.quantile(pressure, [0.25, 0.5, 0.75]).astype(np.float64),
        week_mb=week_mb,
    )
