"""First fit of china-2013 to the facts marked C: random search around a plausible set, a few seeds each.

    uv run python scenarios/first_fit.py --draws 400 --workers 2

    uv run python scenarios/first_fit.py --check --seeds 6

The first prints the best sets with what they give, the second what the shipped scenario gives. The facts:
F1 Yixin registered ÷ mobile netizens, end of weeks 1/9/17/39/49 from its launch: .011/.063/.104/.154/.190
F2 WeChat monthly active ÷ mobile netizens: .42 at Yixin's launch, .50–.62 at week 19, .60–.75 at week 45
F3 Yixin monthly active ÷ registered at week 49: .06–.30
F4 China Telecom's share of Yixin's first users ÷ its share of subscribers: .90–1.15
F5 active messengers per user at the start: 1.5–1.8;  F5b WeChat active ÷ registered at the start: .35–.55
F5c (diagnostic) Mobile QQ .80–.90, Fetion at least half of its start at week 49; QQ ≥ .70 at week 104
"""

from __future__ import annotations

import argparse
import datetime as dt
import json

import numpy as np

from market_model.scenario import load_scenario
from market_model.study.runner import outcomes

LAUNCH = dt.date(2013, 8, 19)
RANGES = {
    "apps.wechat.quality": (-0.8, 0.0),
    "apps.wechat.warmup_try_once": (0.02, 0.15),
    "apps.wechat.start.registered": (0.03, 0.15),
    "parameters.network_effect": (4.5, 6.0),
    "parameters.habit_weight": (2.6, 3.5),
    "parameters.crowding": (2.0, 3.9),
    "yixin below wechat": (-1.6, -0.1),
    "apps.yixin.discovery": (0.0003, 0.003),
    "apps.yixin.promotion.level": (0.05, 0.25),
    "apps.yixin.promotion.half_life_weeks": (0.6, 1.5),
    "parameters.registration_cost": (0.0, 2.3),
    "parameters.registration_rate": (0.15, 0.5),
    "parameters.word_of_mouth": (0.012, 0.06),
    "parameters.salience": (0.05, 0.4),
    "parameters.taste_sd": (1.5, 2.2),
}
BANDS = {
    "F1 w1": (0.0055, 0.011, 0.0165), "F1 w9": (0.047, 0.063, 0.079), "F1 w17": (0.078, 0.104, 0.130),
    "F1 w39": (0.115, 0.154, 0.193), "F1 w49": (0.142, 0.190, 0.238), "F2 w0": (0.40, 0.42, 0.44),
    "F2 w19": (0.50, 0.56, 0.62), "F2 w45": (0.60, 0.66, 0.75), "F3": (0.06, 0.18, 0.30), "F4": (0.90, 1.0, 1.15),
    "F5": (1.5, 1.65, 1.8), "F5b": (0.35, 0.42, 0.55), "QQ w49": (0.80, 0.86, 0.90), "QQ w104": (0.70, 0.85, 1.0),
    "Fetion w49 ÷ start": (0.5, 0.9, 1.4),
}


def figures(overrides: dict[str, float], seed: int, users: int) -> dict[str, float]:
    """The facts as one run gives them."""
    from market_model.market import run

    scenario = load_scenario("china-2013", {**overrides, "society.users": users})
    one = run(scenario, seed)
    people, zero = scenario.population, scenario.week_of(LAUNCH)

    def share(app: str, series: str, week: int) -> float:
        return float(one.history.series("app", app, series)[min(zero + week, scenario.weeks) - 1]) / people

    telecom = one.history.by_carrier[zero:zero + 4, :, scenario.messengers.index("yixin"), 1].sum(axis=0)
    base = one.history.carrier[zero, :, 0]
    position = list(scenario.carriers).index("china_telecom")
    return {
        **{f"F1 w{w}": share("yixin", "registered", w) for w in (1, 9, 17, 39, 49)},
        **{f"F2 w{w}": share("wechat", "mau", w) for w in (0, 19, 45)},
        "F3": share("yixin", "mau", 49) / max(share("yixin", "registered", 49), 1e-9),
        "F4": float(telecom[position] / telecom.sum() / (base[position] / base.sum())) if telecom.sum() else float("nan"),
        "F5": sum(share(a, "mau", 0) for a in scenario.messengers), "F5b": share("wechat", "mau", 0) / share("wechat", "registered", 0),
        "QQ w49": share("mobile_qq", "mau", 49), "QQ w104": share("mobile_qq", "mau", 104),
        "Fetion w49 ÷ start": share("fetion", "mau", 49) / max(share("fetion", "mau", 0), 1e-9),
    }


def misfit(means: dict[str, float]) -> float:
    """Sum of squares of distances from the middle, in half widths of the bands; outside counts double."""
    total = 0.0
    for name, (low, middle, high) in BANDS.items():
        value = means[name]
        half = (high - middle) if value > middle else (middle - low)
        gap = abs(value - middle) / half if value == value else 10.0
        total += gap**2 * (2.0 if gap > 1 else 1.0)
    return total


def draw(rng: np.random.Generator, around: dict[str, float] | None = None) -> dict[str, float]:
    """One set of parameters: from the whole ranges, or near a good one."""
    chosen: dict[str, float] = {}
    for name, (low, high) in RANGES.items():
        value = rng.uniform(low, high) if around is None else around[name] + rng.normal(0, 0.1) * (high - low)
        chosen[name] = float(np.clip(value, low, high))
    return chosen


def overrides_of(chosen: dict[str, float]) -> dict[str, float]:
    values = {k: v for k, v in chosen.items() if "." in k}
    values["apps.yixin.quality"] = chosen["apps.wechat.quality"] + chosen["yixin below wechat"]
    values["apps.laiwang.quality"] = values["apps.yixin.quality"]
    return values


def check(seeds: int, workers: int) -> None:
    """What the shipped scenario gives, mean and range over seeds, beside the bands."""
    users = load_scenario("china-2013").society.users
    runs = [done.value for done in outcomes(figures, [({}, seed, users) for seed in range(seeds)], workers=workers) if done.status == "ok"]
    print(f"| fact | band | mean of {len(runs)} seeds | lowest | highest | |\n|---|---|---|---|---|---|")
    for name, (low, _, high) in BANDS.items():
        values = np.array([r[name] for r in runs])
        verdict = "in" if low <= values.mean() <= high else "OUT"
        print(f"| {name} | {low:g} – {high:g} | {values.mean():.3f} | {values.min():.3f} | {values.max():.3f} | {verdict} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=400)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--users", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true", help="the shipped scenario, at its own size")
    given = parser.parse_args()
    if given.check:
        check(given.seeds, given.workers)
        return
    rng = np.random.default_rng(given.seed)
    found: list[tuple[float, dict[str, float], dict[str, float]]] = []
    batch = 40
    for first in range(0, given.draws, batch):
        best = sorted(found, key=lambda f: f[0])[:8]
        sets = [draw(rng, None if first < given.draws // 8 or not best else best[int(rng.integers(len(best)))][1]) for _ in range(batch)]
        jobs = [(overrides_of(s), seed, given.users) for s in sets for seed in range(given.seeds)]
        got: dict[int, list[dict[str, float]]] = {}
        for done in outcomes(figures, jobs, workers=given.workers):
            if done.status == "ok":
                got.setdefault(done.index // given.seeds, []).append(done.value)
        for i, runs in got.items():
            means = {k: float(np.mean([r[k] for r in runs])) for k in BANDS}
            if len(runs) == given.seeds:
                found.append((misfit(means), sets[i], means))
        best = sorted(found, key=lambda f: f[0])[:1]
        for score, chosen, means in best:
            print(first + batch, round(score, 2), {k: round(v, 3) for k, v in {**chosen, **means}.items()}, flush=True)
    for score, chosen, means in sorted(found, key=lambda f: f[0])[:5]:
        print(json.dumps({"misfit": round(score, 3), "set": {k: round(v, 5) for k, v in chosen.items()},
                          "gives": {k: round(v, 4) for k, v in means.items()}}, indent=1))


if __name__ == "__main__":
    main()
