"""Cross-references and sums: what a table cannot check by itself."""

import csv
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from .actors import APP_STRATEGIES, CARRIER_STRATEGIES, Owner
from .errors import ScenarioError, shorten, suggest
from .fields import Column, Schedule
from .model import MAX_MESSENGERS, Scenario

MOST_MB = 500_000
"""MB a week of one user in all apps: a bill is counted in KiB in 32 bits."""


def check(s: Scenario, file: str) -> None:
    """Raises ScenarioError for the first thing that does not fit together."""
    for part in (_society, _apps, _carriers, _owners, _offers, _events):
        part(s, file)


def _known(file: str, field: str, what: str, names: Iterable[str], known: Iterable[str]) -> None:
    known = list(known)
    for name in names:
        if name not in known:
            raise ScenarioError(file, field, f"names the {what} '{name}', which is not defined; {suggest(name, known)}")


def _whole(file: str, field: str, shares: Iterable[float]) -> None:
    total = sum(shares)
    if abs(total - 1.0) > 0.005:
        raise ScenarioError(file, field, f"shares sum to {total:.4g}, not to 1; make them add up to 1")


def _share(file: str, field: str, shares: Mapping[str, float]) -> None:
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise ScenarioError(file, f"{field}.{name}", f"is {shorten(share)}; a share lies between 0 and 1")


def _society(s: Scenario, file: str) -> None:
    if not s.society.regions:
        raise ScenarioError(file, "society.regions", "is empty; name at least one region, or leave it out")
    _whole(file, "society.regions", s.society.regions.values())
    _whole(file, "society.devices", (d.share for d in s.society.devices.values()))
    _share(file, "society.regions", s.society.regions)
    for field, column, most in (("wifi", s.society.wifi, 1.0), ("carrier", s.society.carrier, len(s.carriers) - 1)):
        values = (column.values or ()) if isinstance(column, Column) else () if column is None else (column,)
        for value in values:
            if not 0 <= value <= most:
                raise ScenarioError(file, f"society.{field}", f"has the value {value:g}; it goes from 0 to {most:g}")
    graph = s.society.graph
    if graph.degree == 0 and graph.family not in ("complete", "file"):
        raise ScenarioError(file, "society.graph.degree",
                            "is 0: an empty graph, nobody knows anybody; give at least 1, or family = 'complete' "
                            "with parameters.network_effect = 0")
    if graph.degree >= s.society.users and graph.family not in ("complete", "file"):
        raise ScenarioError(file, "society.graph.degree",
                            f"is {graph.degree:g} with {s.society.users} users; nobody can know more people than there are")
    if graph.family == "file" and not graph.file:
        raise ScenarioError(file, "society.graph.file", "is missing; family 'file' needs the path of an edge list or GraphML")
    if s.society.warmup_until:
        _known(file, "society.warmup_until", "app", [s.society.warmup_until], s.messengers)


def _columns(s: Scenario) -> Iterable[tuple[str, object]]:
    yield "society.wifi", s.society.wifi
    yield "society.carrier", s.society.carrier
    yield "parameters.price_pressure", s.parameters.price_pressure
    for name, app in s.apps.items():
        yield f"apps.{name}.taste", app.taste
        yield f"apps.{name}.threshold", app.threshold


def _csv(file: str, field: str, path: Path, column: str, users: int) -> None:
    """A column of a CSV file has one finite number for each user."""
    if not path.is_file():
        raise ScenarioError(file, f"{field}.csv", f"no such file: '{path}'; its place is told from the folder of the scenario")
    try:
        with path.open(encoding="utf-8", newline="") as rows:
            table = csv.DictReader(rows)
            _known(file, f"{field}.column", f"column of '{path.name}'", [column], table.fieldnames or [])
            count = 0
            for count, row in enumerate(table, 1):
                if not _is_number(row[column]):
                    raise ScenarioError(file, f"{field}.csv", f"'{path.name}' has {shorten(row[column])} in its row {count}, "
                                        f"column '{column}'; it needs a number")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScenarioError(file, f"{field}.csv", f"'{path.name}' cannot be read as CSV in UTF-8: {error}") from None
    if count != users:
        raise ScenarioError(file, f"{field}.csv", f"'{path.name}' has {count} rows for {users} users; give one row for each")


def _is_number(text: str | None) -> bool:
    try:
        return text is not None and math.isfinite(float(text))
    except ValueError:
        return False


def _apps(s: Scenario, file: str) -> None:
    if len(s.messengers) > MAX_MESSENGERS:
        raise ScenarioError(file, "apps", f"has {len(s.messengers)} messengers; at most {MAX_MESSENGERS} fit in a market: "
                            "remove some, or make them services (kind = 'service')")
    for field, column in _columns(s):
        if isinstance(column, Column) and column.values is not None and len(column.values) != s.society.users:
            raise ScenarioError(file, f"{field}.values", f"has {len(column.values)} values for {s.society.users} users; "
                                "give one for each user")
        if isinstance(column, Column) and column.csv is not None:
            _csv(file, field, s._folder / column.csv, str(column.column), s.society.users)
    p = s.parameters
    most = sum(a.mb_per_week + p.messages_per_week * a.mb_per_message + p.call_minutes_per_week * a.mb_per_video_minute
               for a in s.apps.values())
    if most > MOST_MB:
        raise ScenarioError(file, "apps", f"use up to {most:,.0f} MB a week together; at most {MOST_MB:,} can be counted: lower mb_per_…")
    platforms = {d.platform for d in s.society.devices.values()}
    generations = {d.generation for d in s.society.devices.values()}
    for name, app in s.apps.items():
        where = f"apps.{name}"
        if name in s.carriers:
            raise ScenarioError(file, where, "is the name of a carrier, too; give one of them another name")
        _known(file, f"{where}.regions", "region", app.regions, s.society.regions)
        _known(file, f"{where}.platforms", "platform", app.platforms, platforms)
        _known(file, f"{where}.start.by_carrier", "carrier", app.start.by_carrier, s.carriers)
        _known(file, f"{where}.start.by_region", "region", app.start.by_region, s.society.regions)
        _share(file, f"{where}.start.by_carrier", app.start.by_carrier)
        _share(file, f"{where}.start.by_region", app.start.by_region)
        if app.strategy not in APP_STRATEGIES:
            raise ScenarioError(file, f"{where}.strategy", f"'{app.strategy}' is no strategy for an app; "
                                + suggest(app.strategy, APP_STRATEGIES))
        for seed in app.start.seeds:
            if not 0 <= seed < s.society.users:
                raise ScenarioError(file, f"{where}.start.seeds", f"names user {seed}; users are 0 to {s.society.users - 1}")
        for kind in ("registered", "active", "aware"):
            value = getattr(app.start, kind)
            most = 1.0 if isinstance(value, float) else s.society.users
            if value > most:
                raise ScenarioError(file, f"{where}.start.{kind}", f"is {shorten(value)}; a share is at most 1.0, "
                                    f"a count at most {s.society.users} users")
        for key, feature in app.features.items():
            _known(file, f"{where}.features.{key}.regions", "region", (*feature.regions, *feature.later), s.society.regions)
            _known(file, f"{where}.features.{key}.platforms", "platform", feature.platforms, platforms)
            _known(file, f"{where}.features.{key}.generations", "network generation", feature.generations, generations)
        for key in ("invite", "try_once", "margin", "desktop_income"):
            timed = getattr(app, key)
            if isinstance(timed, Schedule):
                weeks = [s.week_of(p.when) for p in timed.points]
                if weeks != sorted(set(weeks)):
                    raise ScenarioError(file, f"{where}.{key}.points", "must be in order of time, one value a week")
            values = [p.value for p in timed.points] if isinstance(timed, Schedule) else [timed]
            if (key != "invite" and min(values) < 0) or (key == "try_once" and max(values) > 1):
                raise ScenarioError(file, f"{where}.{key}", f"has the value {min(values) if min(values) < 0 else max(values)}; "
                                    + ("a share lies between 0 and 1" if key == "try_once" else "it is at least 0"))


def _carriers(s: Scenario, file: str) -> None:
    for region in s.society.regions:
        _whole(file, f"carriers.*.share (region {region})", (c.shares.get(region, c.share) for c in s.carriers.values()))
    for name, carrier in s.carriers.items():
        where = f"carriers.{name}"
        _known(file, f"{where}.shares", "region", carrier.shares, s.society.regions)
        _share(file, f"{where}.shares", carrier.shares)
        _known(file, f"{where}.closed_to", "app", carrier.closed_to, s.apps)
        if carrier.own_app:
            _known(file, f"{where}.own_app", "app", [carrier.own_app], s.apps)
        if carrier.strategy not in CARRIER_STRATEGIES:
            raise ScenarioError(file, f"{where}.strategy", f"'{carrier.strategy}' is no strategy for a carrier; "
                                + suggest(carrier.strategy, CARRIER_STRATEGIES))


def _owners(s: Scenario, file: str) -> None:
    names = [*s.apps, *s.carriers, *s.owners]
    for name in s.owners:
        if name in s.apps or name in s.carriers:
            raise ScenarioError(file, f"owners.{name}", "has the name of an app or carrier; give the firm a name of its own")
    held: dict[str, float] = {}
    for name, owner in s.owners.items():
        _known(file, f"owners.{name}.holds", "app, carrier or owner", owner.holds, names)
        _known(file, f"owners.{name}.relations", "carrier", owner.relations, s.carriers)
        _known(file, f"owners.{name}.core_income", "app", owner.core_income, s.apps)
        for app, income in owner.core_income.items():
            if not 0 <= income <= 1e6:
                raise ScenarioError(file, f"owners.{name}.core_income.{app}", f"is {income:g}; it lies between 0 and 1e6")
        for carrier, value in owner.relations.items():
            if not -1 <= value <= 1:
                raise ScenarioError(file, f"owners.{name}.relations.{carrier}", f"is {value}; relations go from -1 to 1")
        for thing, share in owner.holds.items():
            held[thing] = held.get(thing, 0.0) + share
            if not 0 < share <= 1 or held[thing] > 1.0 + 1e-9:
                raise ScenarioError(file, f"owners.{name}.holds.{thing}", f"is {share}, {held[thing]:g} with other owners; "
                                    "the shares held in one firm lie between 0 and 1 together")
    for name in s.owners:
        if circle := _circle(name, s.owners):
            raise ScenarioError(file, f"owners.{name}.holds",
                                f"'{name}' owns itself through {' → '.join(circle)}; break the cycle")


def _circle(name: str, owners: Mapping[str, Owner]) -> list[str]:
    """The way from an owner through what it holds back to itself; empty if there is none."""
    ways, seen = [[name]], set[str]()
    while ways:
        way = ways.pop()
        for held in owners[way[-1]].holds:
            if held == name:
                return [*way, name]
            if held in owners and held not in seen:
                seen.add(held)
                ways.append([*way, held])
    return []


def _offers(s: Scenario, file: str) -> None:
    for name, offer in s.offers.items():
        where = f"offers.{name}"
        _known(file, f"{where}.apps", "app", offer.apps, s.apps)
        _known(file, f"{where}.carriers", "carrier", offer.carriers, s.carriers)
        _known(file, f"{where}.regions", "region", offer.regions, s.society.regions)
        pairs = offer.places + (offer.growth.places if offer.growth else ())
        _known(file, f"{where}.places", "carrier", (c for c, _ in pairs), s.carriers)
        _known(file, f"{where}.places", "region", (r for _, r in pairs), s.society.regions)
        if offer.places and (offer.carriers or offer.regions):
            raise ScenarioError(file, f"{where}.places", "stands beside carriers or regions; give one or the other")
        if offer.end is not None and offer.length_weeks is not None:
            raise ScenarioError(file, f"{where}.length_weeks", f"is {offer.length_weeks} beside end = {offer.end}; "
                                "give an end or a length, not both")
        if s.offer_end(offer) <= s.week_of(offer.start):
            raise ScenarioError(file, f"{where}.end", f"{offer.end} is not after the start, {offer.start}; "
                                "give a later end, or length_weeks")
        if offer.payer == "owner":
            _known(file, f"{where}.owner", "owner", [offer.owner or ""], s.owners)
        elif offer.owner is not None:
            raise ScenarioError(file, f"{where}.owner", f"is '{offer.owner}' but payer is '{offer.payer}'; "
                                "set payer = 'owner', or leave the owner out")
        if offer.payer == "user" and len(set(offer.apps) & set(s.messengers)) == 0:
            raise ScenarioError(file, f"{where}.apps", "a pack paid by users needs a messenger among its apps")
        for step in offer.steps:
            _known(file, f"{where}.steps.carriers", "carrier", step.carriers or (), s.carriers)
            _known(file, f"{where}.steps.regions", "region", step.regions or (), s.society.regions)
    packs = [n for n, o in s.offers.items() if o.payer == "user"]
    gifts = [n for n, o in s.offers.items() if o.gift_mb > 0]
    for what, names in (("packs paid by users", packs), ("offers with a gift", gifts)):
        if len(names) > 8:
            raise ScenarioError(file, f"offers.{names[8]}", f"is the 9th of the {what}; at most 8 fit in a market")


def _events(s: Scenario, file: str) -> None:
    for i, event in enumerate(s.events):
        where = f"events.{i}"
        for what, known in (("app", s.apps), ("carrier", s.carriers)):
            named = getattr(event, what, None)
            if named is not None:
                _known(file, f"{where}.{what}", what, [named], known)
        _known(file, f"{where}.carriers", "carrier", getattr(event, "carriers", ()), s.carriers)
        if event.kind == "feature":
            _known(file, f"{where}.feature.regions", "region", event.feature.regions, s.society.regions)
