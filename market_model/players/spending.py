"""What money buys: promotion, research, invitations, capacity. All figures are assumed, with a range."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..scenario.actors import Feature

DELAY_WEEKS = 8  # research and capacity are ready two rounds after they are ordered
ADS_HURT = 0.3  # quality (logit) lost for each step of monetisation above 1 (0.1–0.6)
PROMOTION_CAP = 0.25  # the most that promotion adds to the weekly rate of hearing of an app (0.1–0.5)
COST_PER_REACH = 0.5  # money that makes one more person hear of an app, as long as few are reached (0.1–2)
INVITE_COST = 1.0  # money per new user for each logit of invite bonus (0.5–3); Laiwang gave 1 RMB
RESEARCH_SCALE = 0.5  # budget per person that brings 63 % of what a project can bring, money (0.1–2)
QUALITY_GAIN = 0.5  # the most quality (logit) that a project adds (0.2–1)
FEATURE_GAINS = {
    "voice": Feature(kind="voice", quality=0.2),
    "video": Feature(kind="video", quality=0.2),
    "payments": Feature(kind="payments", quality=0.1, margin=0.05, switching=0.3),
    "business": Feature(kind="business", businesses=0.3, business_margin=0.1),
}
"""The most that a project adds in other fields (half to double)."""
CAPACITY_WEEKS = 104  # a new MB/week of capacity costs as much as carrying a MB in each of so many weeks (52–208)


@dataclass(frozen=True, slots=True)
class Project:
    """Research under way: ready in a week, with `effort` in 0…1 of what its field can bring."""

    ready: int
    field: str
    effort: float


def promotion_rate(budget: float, people: float) -> float:
    """Rate of hearing of an app that a budget b, money for 4 weeks, adds, 1/week: C·(1 − e^(−b/(4·people·cost·C)))."""
    return PROMOTION_CAP * -math.expm1(-budget / (4.0 * people * COST_PER_REACH * PROMOTION_CAP))


def project(field: str, budget: float, people: float, week: int) -> Project:
    """Research ordered in a week; effort = 1 − e^(−budget/(people·scale))."""
    return Project(week + DELAY_WEEKS, field, -math.expm1(-budget / (people * RESEARCH_SCALE)))


def improved(feature: Feature | None, done: Project) -> Feature:
    """A feature with what a project adds; one that is new works everywhere once it is ready."""
    gain = FEATURE_GAINS[done.field]
    old = feature or Feature(kind=gain.kind, launch=done.ready)
    grows = ("quality", "margin", "switching", "businesses", "business_margin")
    return old.model_copy(update={w: getattr(old, w) + done.effort * getattr(gain, w) for w in grows})
