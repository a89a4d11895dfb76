"""What free data does in the market, and whether that is as it should be: figures without
players, and of games with bots, each with its aim.

    uv run python tests/benchmarks/balance.py            # all members of the ensemble, minutes
    uv run python tests/benchmarks/balance.py --quick    # some of them
    uv run python tests/benchmarks/balance.py --json     # one object, a key per row
    uv run python tests/benchmarks/balance.py --worlds   # the shipped worlds instead of the ensemble

A row's value is the median over members, its range beside it; with another luck for each.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from market_model.evidence import validate
from market_model.evidence.facts import rows as facts
from market_model.evidence.measure import carried, measure
from market_model.game import Setup, setup_of
from market_model.game.chronicle import chronicle
from market_model.market import run
from market_model.market.friends import ThroughFriends
from market_model.players.bots.champion import CHAMPION
from market_model.scenario import builtin_names, load_scenario
from market_model.study.report import json_safe
from market_model.words import word

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.rivals import LEVERS, at_bounds, margins, total

QUICK = 4
"""Members of a quick look."""
PLACE, PUSHED = "guangdong", 0.6
"""A push makes so many of a province's people who do not have the app try it."""
PUSHES, PUSH_END = (4, 8, 16), 54
"""Plans of a push: it is spread over so many weeks, and over before a week."""
WHILE, AFTER = 57, 79
"""Weeks in which a push is looked at: the last of the offers, when nobody was made to try it in the
month that counts, and 22 weeks after that.
"""
NEVER = {
    "facebook-zero-india": ("facebook", "operator_d", 52),
    "philippines-2013": ("facebook", "smart", 43),
}
"""By story: an app, a carrier that never had its free data, and the week in which that ends."""


class Row(NamedTuple):
    """A figure with its aim.

    Attributes:
        key, what: its name, and what it is. values: by member. aim: in words. holds: whether a
            value is as aimed at; None: it is only told. over: what is held against the aim.
    """

    key: str
    what: str
    values: Sequence[float]
    aim: str
    holds: Callable[[float], bool] | None = None
    over: Callable[[Sequence[float]], float] = statistics.median

    def as_json(self) -> dict[str, Any]:
        known = [v for v in self.values if math.isfinite(v)]
        value = self.over(known) if known else math.nan
        return {
            "what": self.what,
            "value": value,
            "low": min(known, default=math.nan),
            "high": max(known, default=math.nan),
            "members": len(known),
            "aim": self.aim,
            "holds": None if self.holds is None else bool(known) and self.holds(value),
        }


type Members = Sequence[Mapping[str, Any]]


def members_of(quick: bool, worlds: bool) -> Members:
    """Overrides of china-2013: of the ensemble, or of the worlds that are shipped as scenarios."""
    if worlds:
        base = load_scenario("china-2013").model_dump(mode="json")
        names = [
            n for n in builtin_names() if n.startswith(("china-2013-firm", "china-2013-insider"))
        ]
        return [dict(differences(base, load_scenario(n).model_dump(mode="json"))) for n in names]
    members = [member["overrides"] for member in validate.ensemble()]
    return members[:: -(-len(members) // QUICK)] if quick else members


def differences(base: Any, other: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """What another scenario's tables have instead, by dotted path."""
    if isinstance(base, dict) and isinstance(other, dict):
        for key in other:
            yield from differences(base.get(key), other[key], f"{path}.{key}" if path else key)
    elif base != other and path.split(".")[0] in ("parameters", "apps", "carriers", "society"):
        yield path, other


def measured(members: Members) -> Iterator[Row]:
    """Facts that need no player, and what the offers did."""
    runs = [
        {
            name: measure(name, carried(name, member), seed)
            for name in ("rivalry", "free_at_globe", "free_data")
        }
        for seed, member in enumerate(members)
    ]
    for fact in facts():
        if fact.fact in ("F12", "F13", "E0", "E0b") or fact.fact.startswith("G"):
            values = [of[fact.measure][fact.id] for of in runs]
            key, what = fact.id.replace(" ", "_"), word(f"fact.{fact.fact}", "en")
            if not fact.banded:
                yield Row(key, what, values, "told, with its range")
            elif math.isinf(fact.high):
                yield Row(key, what, values, f"{fact.low:g} or more", fact.holds)
            else:
                yield Row(key, what, values, f"{fact.low:g} to {fact.high:g}", fact.holds)


def pushes(members: Members) -> Iterator[Row]:
    """As many people made to try the app in one province, and spread evenly, each in the best of
    three plans; with free data, and without.
    """
    found = {key: list[float]() for key in ("while", "after", "banned while", "banned after")}
    for seed, member in enumerate(members):
        for rule, prefix in (("free", ""), ("ban", "banned ")):
            given = member | {"regulator.rule": rule, "weeks": AFTER + 1}
            none = users(given, None, 1, seed)
            local, even = (
                np.max([users(given, share, weeks, seed) for weeks in PUSHES], axis=0) - none
                for share in ((PLACE,), ())
            )
            for week, when in ((WHILE, "while"), (AFTER, "after")):
                found[prefix + when].append(
                    local[week] / even[week] if even[week] > 0 else math.nan
                )
    for rule, what in (("", "while offers run"), ("banned ", "under a ban")):
        yield Row(
            f"{rule}local_over_spread".replace(" ", "_"),
            f"monthly users of a push on one province ÷ of the same spread evenly, {what}",
            found[f"{rule}while"],
            "told: place alone" if rule else "1.5 or more in at least one world",
            None if rule else lambda ratio: ratio >= 1.5,
            statistics.median if rule else max,
        )
        yield Row(
            f"{rule}local_over_spread_later".replace(" ", "_"),
            f"the same {AFTER - PUSH_END + 1} weeks after the push, {what}",
            found[f"{rule}after"],
            "told: what is kept",
        )


def users(
    given: Mapping[str, Any],
    regions: Sequence[str] | None,
    weeks: int,
    seed: int,
    figure: str = "mau",
) -> np.ndarray:
    """Yixin's monthly users (or another weekly figure) of all people, with a push of so many weeks
    in some regions; none named: everywhere, the same number of people; None: without it.
    """
    shares = load_scenario("china-2013").society.regions
    pushed = PUSHED if regions else PUSHED * shares[PLACE] / sum(shares.values())
    campaign = {
        "start": PUSH_END - weeks,
        "length_weeks": weeks,
        "regions": list(regions or ()),
        "try_once": 1 - (1 - pushed) ** (1 / weeks),
    }
    campaigns = {"apps.yixin.campaigns": [] if regions is None else [campaign]}
    scenario = load_scenario("china-2013", {**given, **campaigns})
    return run(scenario, seed).history.series("app", "yixin", figure) / scenario.population


def friends(seeds: Sequence[int]) -> Iterator[Row]:
    """What part of the newcomers came through friends, and what became of those who never had
    free data.
    """
    for story, (app, carrier, end) in NEVER.items():
        parts, spilled = list[float](), list[float]()
        for seed in seeds:
            scenario = load_scenario(story)
            seen = ThroughFriends()
            with_it = run(scenario, seed, observers=[seen])
            without = run(scenario.model_copy(update={"offers": {}}), seed)
            k, c = scenario.messengers.index(app), list(scenario.carriers).index(carrier)
            first = min(offer["start"] for offer in with_it.offers)
            parts.append(seen.part(k, first, end))
            active = [
                (
                    one.history.by_carrier[:, c, k, 0]
                    / one.history.series("carrier", carrier, "subscribers")
                )[end - 4 : end].mean()
                for one in (with_it, without)
            ]
            spilled.append(float(active[0] - active[1]))
        at, key = f"{story}, while data is free: ", story.replace("-", "_")
        yield Row(
            f"friends_{key}", at + "part of the newcomers whom friends brought", parts, "told"
        )
        yield Row(
            f"spill_over_{key}",
            at + f"gain of weekly users among customers of {carrier}, who never had it",
            spilled,
            "above 0",
            lambda gain: gain > 0,
        )


def games(quick: bool) -> Iterator[Row]:
    """What bots make of the stories that have a game, and how far one seat gets in it."""
    seeds = 2 if quick else 10
    for story in ("china-2013",) if quick else ("china-2013", *NEVER):
        setups = [setup_of(load_scenario(story), seed) for seed in range(seeds)]
        told = [chronicle(setup) for setup in setups]
        at, key = f"{story}, bots alone: ", story.replace("-", "_")
        deals = [float((one.first_deal or math.inf) <= 3) for one in told]
        yield Row(
            f"deals_{key}",
            at + "part of the games with a free-data deal by round 3",
            deals,
            "0.9 or more",
            lambda part: part >= 0.9,
            statistics.fmean,
        )
        if story == "china-2013":
            yield Row(
                f"answers_{key}",
                at + "part of the games in which an incumbent answers by round 6",
                [float((one.first_answer or math.inf) <= 6) for one in told],
                "0.5 or more",
                lambda part: part >= 0.5,
                statistics.fmean,
            )
        yield from seats(story, setups[0], 1 if quick else 5)


def seats(story: str, setup: Setup, seeds: int) -> Iterator[Row]:
    """How far one seat gets against the bots: by chance, by one lever, by its prices."""
    at, key = f"{story}, one seat against bots: ", story.replace("-", "_")
    by_chance, one_lever, dear, cut, luck = (list[float]() for _ in range(5))
    for seat in setup.seats:
        if setup.kind(seat) == "app":
            plays = {"bot": None, "champion": CHAMPION, "random": "random", **LEVERS}
            found = margins(story, seat, plays, seeds)
            middle = {name: statistics.median(values) for name, values in found.items()}
            play = max(middle, key=middle.__getitem__)
            best = middle[play] if middle[play] > 0 else math.nan  # nothing tried is worth it
            by_chance.append((middle["random"] - middle["bot"]) / best)
            one_lever.append(max(middle[name] for name in LEVERS) / best)
            if seeds > 1:
                luck.append(statistics.stdev(found[play]) / statistics.fmean(found[play]))
        else:
            ends = {"dear": at_bounds(setup, seat), "cut": at_bounds(setup, seat, dear=False)}
            found = margins(story, seat, {"bot": None, **ends}, seeds)
            bot, bound, low = (statistics.median(found[name]) for name in ("bot", *ends))
            whole = total(setup, seat, "passive")
            dear.append((bound - bot) / whole)
            cut.append(low / whole)
    what = "what chance earns beyond the seat's bot, of the best known margin, where it is most"
    yield Row(f"random_{key}", at + what, by_chance, "0 or less", lambda more: more <= 0, max)
    what = "margin of one lever alone ÷ the best known, the seat where it is most"
    yield Row(f"lever_{key}", at + what, one_lever, "0.5 or less", lambda one: one <= 0.5, max)
    what = "gain of a carrier with every price at its bound over its bot, of its whole score"
    yield Row(f"dear_{key}", at + what, dear, "below 0", lambda gain: gain < 0, max)
    what = "gain of a carrier with every price a tenth lower over doing nothing, of its whole score"
    yield Row(f"cut_{key}", at + what, cut, "below 0", lambda gain: gain < 0, max)
    what = "margin of the best known play over several lucks: standard deviation ÷ mean, the most"
    yield Row(f"luck_{key}", at + what, luck, "0.25 or less", lambda one: one <= 0.25, max)


def balance(quick: bool = False, worlds: bool = False) -> dict[str, dict[str, Any]]:
    """All rows by key."""
    members = members_of(quick, worlds)
    few = members[:QUICK]
    seeds = range(2 if quick else 5)
    rows = [*measured(members), *pushes(few), *friends(seeds), *games(quick)]
    return {row.key: row.as_json() for row in rows}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for option in ("--quick", "--worlds", "--json"):
        parser.add_argument(option, action="store_true")
    asked = parser.parse_args(words)
    found = json_safe(balance(asked.quick, asked.worlds))
    if asked.json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        return
    print("| | figure | value | range | aim | holds |\n|---|---|---|---|---|---|")
    for key, row in found.items():
        figures = ["–" if row[k] is None else f"{row[k]:.3g}" for k in ("value", "low", "high")]
        holds = {None: "", True: "yes", False: "**no**"}[row["holds"]]
        span = f"{figures[1]} … {figures[2]}"
        print(f"| {key} | {row['what']} | {figures[0]} | {span} | {row['aim']} | {holds} |")


if __name__ == "__main__":
    main()
