"""What money buys: figures assumed, each with its range."""

import math
from dataclasses import dataclass

from ..scenario import actors

DELAY_WEEKS = 8  # research and capacity are ready two rounds after they are ordered
ADS_HURT = 0.2  # quality (logit) lost for each step of monetisation above 1 (0.1–0.6)
PROMOTION_CAP = (
    0.25  # the most that promotion adds to the weekly rate of hearing of an app (0.1–0.5)
)
COST_PER_REACH = (
    0.5  # money that makes one more person hear of an app, as long as few are reached (0.1–2)
)
INVITE_COST = 1.0  # money per new user for each logit of invite bonus (0.5–3); Laiwang gave 1 RMB
# money per new user where friends bring friends, for each step of its strength above 1 (0.5–5)
BRING_COST = 2.0
RESEARCH_SCALE = (
    0.5  # budget per person that brings 63 % of what a project can bring, money (0.1–2)
)
QUALITY_GAIN = 0.5  # the most quality (logit) that a first project adds (0.2–1)
WEARS_OFF = 0.5  # what a full project leaves of the next one in its field (0.3–0.8)
# share of the best rival's gain from research that those who use it miss elsewhere (0–1)
RIVALRY = 0.5
FEATURE_GAINS = {
    "voice": actors.Feature(kind="voice", quality=0.2),
    "video": actors.Feature(kind="video", quality=0.2),
    "payments": actors.Feature(kind="payments", quality=0.1, margin=0.05, switching=0.3),
    "business": actors.Feature(kind="business", businesses=0.3, business_margin=0.1),
}
"""The most that a first project adds in other fields (half to double)."""
# a new MB/week of capacity costs as much as carrying a MB in each of so many weeks (52–208)
CAPACITY_WEEKS = 104


def rate_bought(cost: float) -> float:
    """Rate of hearing, 1/week, that campaigns add: C·(1 − e^(−x)), at most C.

    Args: cost: x, money per person and week over C·cost of reaching one.
    """
    return PROMOTION_CAP * -math.expm1(-cost)


def rate_of_spending(per_head: float) -> float:
    """The same for a campaign of so much money per person and week."""
    return rate_bought(per_head / (COST_PER_REACH * PROMOTION_CAP))


@dataclass(frozen=True, slots=True)
class Project:
    """Research under way: ready in a week, with `effort` in 0…1 of what its field can bring."""

    ready: int
    field: str
    effort: float


def effort(budget: float, people: float, before: float) -> float:
    """What a project can bring, 0…1: (1 − e^(−budget/(people·scale)))·½^before.

    Args: before: Σ (1 − e^…) of the projects ordered in its field before.
    """
    return spent(budget, people) * WEARS_OFF**before


def spent(budget: float, people: float) -> float:
    """What a budget brings of what a first project can: 1 − e^(−budget/(people·scale))."""
    return -math.expm1(-budget / (people * RESEARCH_SCALE))
