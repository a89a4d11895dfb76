"""Cross-references and sums: what a table cannot check by itself."""

from collections.abc import Iterable, Iterator
from functools import partial
from graphlib import CycleError, TopologicalSorter

from ..errors import suggest
from ..words.catalogue import texts
from .actors import App, Carrier, Plan
from .errors import ScenarioError, shorten
from .fields import Column, PerUser, Schedule
from .model import MAX_MESSENGERS, Scenario
from .offers import CARRIED, MAX_OF_A_KIND
from .society import Society
from .sources import NAMES, Lines

MOST_MB = 500_000
"""MB a week of one user in all apps: a bill is counted in KiB in 32 bits."""

MOST_LOGIT = 1e7
"""Largest taste or price pressure, in logit."""

MOST_COMPUTED = 60
"""Contacts of a person of the family 'implicit': their lists are made anew every week."""

type Problems = Iterator[tuple[str, str]]
"""A field, and what is wrong with it."""


def check(s: Scenario, file: str, lines: Lines | None = None) -> None:
    """Raises ScenarioError for the first thing that does not fit together.

    Args: lines: of values that came from files.
    """
    for part in (
        _society,
        partial(_columns, lines=lines or {}),
        _apps,
        _carriers,
        _owners,
        _offers,
        _figures,
    ):
        for field, problem in part(s):
            raise ScenarioError(file, field, problem)


SCOPES = {"apps": "app", "carriers": "carrier", "market": "market"}
"""Scopes of weekly series (`words`), by the table of a scenario that they are of."""


def _figures(s: Scenario) -> Problems:
    named = {f"figures.{i}": figure for i, figure in enumerate(s.figures)}
    for place, figure in (named | ({"bet": s.bet} if s.bet else {})).items():
        for key in ("of", "part_of"):
            for path in getattr(figure, key):
                for problem in _series(s, path):
                    yield f"{place}.{key}", problem


def _series(s: Scenario, path: str) -> Iterator[str]:
    """What is wrong with the path of a series."""
    of, *rest = path.split(".")
    names = {"apps": s.apps, "carriers": s.carriers, "ledger": s.apps | s.carriers | s.owners}
    if of not in (*names, "market") or len(rest) != (1 if of == "market" else 2):
        yield (
            f"has '{path}'; it needs apps.NAME.SERIES, carriers.NAME.SERIES (NAME * adds up all), "
            "market.SERIES or ledger.NAME.REASON"
        )
    elif of != "market" and rest[0] not in names[of] and (of == "ledger" or rest[0] != "*"):
        yield f"has '{path}', but there is no '{rest[0]}'; {suggest(rest[0], names[of])}"
    elif of != "ledger" and rest[-1] not in (known := texts("series", "en")["series"][SCOPES[of]]):
        yield f"has '{path}', but there is no series '{rest[-1]}'; {suggest(rest[-1], known)}"


def _defined(field: str, what: str, names: Iterable[str], known: Iterable[str]) -> Problems:
    known = list(known)
    for name in names:
        if name not in known:
            yield field, f"names the {what} '{name}', which is not defined; {suggest(name, known)}"


def _whole(field: str, shares: Iterable[float]) -> Problems:
    total = sum(shares)
    if abs(total - 1.0) > 0.005:
        yield field, f"shares sum to {total:.4g}, not to 1; make them add up to 1"


def _society(s: Scenario) -> Problems:
    people, graph = s.society, s.society.graph
    yield from _whole("society.regions", people.regions.values())
    yield from _whole("society.devices", (d.share for d in people.devices.values()))
    if graph.degree == 0 and graph.family not in ("complete", "file"):
        yield (
            "society.graph.degree",
            (
                "is 0: an empty graph, nobody knows anybody; give at least 1, "
                "or family = 'complete' with parameters.network_effect = 0"
            ),
        )
    if graph.degree >= people.users and graph.family not in ("complete", "file"):
        yield (
            "society.graph.degree",
            f"is {graph.degree:g} with {people.users} users; nobody can know more people than "
            "there are",
        )
    if graph.family == "implicit":
        yield from _implicit(people)
    if graph.family == "file" and not graph.network:
        yield (
            "society.graph.file",
            "is missing; family 'file' needs the path of an edge list, GraphML, GEXF, GML or Pajek",
        )
    if people.warmup_until:
        yield from _defined("society.warmup_until", "app", [people.warmup_until], s.messengers)


def _implicit(people: Society) -> Problems:
    """What only contacts that are computed need."""
    graph = people.graph
    shares = list(people.regions.values()) if graph.by_region else [1.0]
    inside = sum((share / sum(shares)) ** 2 for share in shares)
    held = sum(size - 1 for size in graph.circles)
    apart = max(shares) / sum(shares) * people.users > graph.community
    far = graph.across * graph.degree / (1 - inside if inside < 1 else 1)
    far *= apart or inside < 1
    if graph.degree > MOST_COMPUTED:
        yield (
            "society.graph.degree",
            f"is {graph.degree:g}; family 'implicit' computes at most {MOST_COMPUTED} contacts of "
            "each person, every week anew; take fewer, or another family",
        )
    if held + far > graph.degree:
        yield (
            "society.graph.circles",
            f"hold {held} contacts, and {far:.3g} lead elsewhere: more than the degree of "
            f"{graph.degree:g}; take smaller circles, or a degree of {held + far:.3g} or more",
        )
    if apart and graph.across == 0:
        yield (
            "society.graph.across",
            f"is 0, and a region has more than {graph.community} people, so that its communities "
            "would know nothing of each other; give a share above 0, or a larger community",
        )


def _columns(s: Scenario, lines: Lines) -> Problems:
    """Numbers of users have one for each, within their limits."""
    people = s.society
    fields: dict[str, tuple[PerUser | None, float, float]] = {
        "society.wifi": (people.wifi, 0, 1),
        "society.carrier": (people.carrier, 0, len(s.carriers) - 1),
        "society.region": (people.region, 0, len(people.regions) - 1),
        "society.device": (people.device, 0, len(people.devices) - 1),
        "parameters.price_pressure": (s.parameters.price_pressure, 0, MOST_LOGIT),
    }
    for name, app in s.apps.items():
        fields |= {
            f"apps.{name}.taste": (app.taste, -MOST_LOGIT, MOST_LOGIT),
            f"apps.{name}.threshold": (app.threshold, 0, 1),
        }
    for field, (given, low, high) in fields.items():
        whole = field in NAMES
        if isinstance(given, Column):
            if given.values is None:
                if whole:
                    yield field, "is a spread of numbers; give one number, values, or a csv"
                continue
            if len(given.values) != people.users:
                yield (
                    f"{field}.values",
                    f"has {len(given.values)} values for {people.users} users; give one for each "
                    "user",
                )
        values = given.values or () if isinstance(given, Column) else (given,)
        for user, value in enumerate(values):
            if value is None or (low <= value <= high and (not whole or value == int(value))):
                continue
            kind = "it is a whole number" if whole else "it goes"
            limits = f"{kind} from {low:g} to {high:g}"
            if field not in lines:
                at = f" for user {user}" if len(values) > 1 else ""
                yield field, f"has the value {value:g}{at}; {limits}"
            else:
                file, places = lines[field]
                yield (
                    f"{field}.csv",
                    f"'{file.name}' column '{_column_of(given)}', line {places[user]} has "
                    f"{value:g}; {limits}",
                )


def _column_of(column: PerUser | None) -> str:
    return column.source.rpartition(": ")[2] if isinstance(column, Column) else ""


def _apps(s: Scenario) -> Problems:
    if len(s.messengers) > MAX_MESSENGERS:
        yield (
            "apps",
            (
                f"has {len(s.messengers)} messengers; at most {MAX_MESSENGERS} fit in a market: "
                "remove some, or make them services (kind = 'service')"
            ),
        )
    p = s.parameters
    most = sum(
        a.mb_per_week
        + p.messages_per_week * a.mb_per_message
        + p.call_minutes_per_week * a.mb_per_video_minute
        for a in s.apps.values()
    )
    if most > MOST_MB:
        yield (
            "apps",
            f"use up to {most:,.0f} MB a week together; at most {MOST_MB:,} can be counted: "
            "lower mb_per_…",
        )
    for name, app in s.apps.items():
        yield from _app(s, f"apps.{name}", name, app)


def _app(s: Scenario, where: str, name: str, app: App) -> Problems:
    platforms = {d.platform for d in s.society.devices.values()}
    generations = {d.generation for d in s.society.devices.values()}
    users = s.society.users
    if name in s.carriers:
        yield where, "is the name of a carrier, too; give one of them another name"
    yield from _defined(f"{where}.platforms", "platform", app.platforms, platforms)
    for seed in app.start.seeds:
        if not 0 <= seed < users:
            yield f"{where}.start.seeds", f"names user {seed}; users are 0 to {users - 1}"
    for kind in ("registered", "active", "aware"):
        value = getattr(app.start, kind)
        if value > (1.0 if isinstance(value, float) else users):
            yield (
                f"{where}.start.{kind}",
                f"is {shorten(value)}; a share is at most 1.0, a count at most {users} users",
            )
    for key, feature in app.features.items():
        at = f"{where}.features.{key}"
        yield from _defined(f"{at}.platforms", "platform", feature.platforms, platforms)
        yield from _defined(
            f"{at}.generations", "network generation", feature.generations, generations
        )
    for number, campaign in enumerate(app.campaigns):
        begin, end = s.campaign_weeks(campaign)
        if campaign.end is not None and campaign.length_weeks is not None:
            yield (
                f"{where}.campaigns.{number}.length_weeks",
                f"is {campaign.length_weeks} beside end = {campaign.end}; give an end or a length, "
                "not both",
            )
        if end <= begin:
            yield (
                f"{where}.campaigns.{number}.end",
                f"{campaign.end} is not after the start, {campaign.start}; give a later end, or "
                "length_weeks",
            )
    for key in ("invite", "try_once", "margin", "desktop_income"):
        timed, values = getattr(app, key), [getattr(app, key)]
        if isinstance(timed, Schedule):
            weeks, values = (
                [s.week_of(p.when) for p in timed.points],
                [p.value for p in timed.points],
            )
            if weeks != sorted(set(weeks)):
                yield f"{where}.{key}.points", "must be in order of time, one value a week"
        if (key != "invite" and min(values) < 0) or (key == "try_once" and max(values) > 1):
            limits = "a share lies between 0 and 1" if key == "try_once" else "it is at least 0"
            yield (
                f"{where}.{key}",
                f"has the value {min(values) if min(values) < 0 else max(values)}; {limits}",
            )


def _carriers(s: Scenario) -> Problems:
    for region in s.society.regions:
        yield from _whole(
            f"carriers.*.share (region {region})",
            (c.shares.get(region, c.share) for c in s.carriers.values()),
        )
    for name, carrier in s.carriers.items():
        yield from _menu(s, f"carriers.{name}", carrier)
    if s.parameters.plan_review > 0 or s.parameters.first_plan_review > 0:
        yield from _noise(s, "parameters.plan_noise", "plans are looked at again")


def _menu(s: Scenario, where: str, carrier: Carrier) -> Problems:
    """A menu has a place for everybody, and a way to choose."""
    if not carrier.plans:
        return
    if carrier.plan != Plan():
        yield f"{where}.plan", "stands beside plans, the menu; move it there, or leave plans out"
    given = [plan.share for plan in carrier.plans.values() if plan.share is not None]
    if sum(given) > 1.005 or (len(given) == len(carrier.plans) and sum(given) < 0.995):
        yield (
            f"{where}.plans.*.share",
            f"sum to {sum(given):.4g}; make them add up to 1, or leave one out for the rest",
        )
    if len(carrier.plans) > 1:
        yield from _noise(s, f"{where}.plans", "there is more than one plan")


def _noise(s: Scenario, field: str, why: str) -> Problems:
    if s.parameters.plan_noise <= 0:
        yield (
            field,
            f"{why}, but parameters.plan_noise is 0: nobody could choose by what a plan is worth; "
            "give it, in money per 4 weeks",
        )


def _owners(s: Scenario) -> Problems:
    for name in s.owners:
        if name in s.apps or name in s.carriers:
            yield (
                f"owners.{name}",
                "has the name of an app or carrier; give the firm a name of its own",
            )
    held: dict[str, float] = {}
    for name, owner in s.owners.items():
        where = f"owners.{name}"
        for app, money in owner.core_income.items():
            if not 0 <= money <= 1e6:
                yield f"{where}.core_income.{app}", f"is {money:g}; it lies between 0 and 1e6"
        for thing, share in owner.holds.items():
            held[thing] = held.get(thing, 0.0) + share
            if not 0 < share <= 1 or held[thing] > 1.0 + 1e-9:
                yield (
                    f"{where}.holds.{thing}",
                    (
                        f"is {share}, {held[thing]:g} with other owners; "
                        "the shares held in one firm lie between 0 and 1 together"
                    ),
                )
    try:
        TopologicalSorter(
            {name: [h for h in owner.holds if h in s.owners] for name, owner in s.owners.items()}
        ).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1][:0:-1]
        first = next(name for name in s.owners if name in circle)
        turn = circle.index(first)
        way = " → ".join([*circle[turn:], *circle[:turn], first])
        yield f"owners.{first}.holds", f"'{first}' owns itself through {way}; break the cycle"


def _offers(s: Scenario) -> Problems:
    for name, offer in s.offers.items():
        where = f"offers.{name}"
        if offer.places and (offer.carriers or offer.regions):
            yield f"{where}.places", "stands beside carriers or regions; give one or the other"
        if offer.end is not None and offer.length_weeks is not None:
            yield (
                f"{where}.length_weeks",
                f"is {offer.length_weeks} beside end = {offer.end}; give an end or a length, not "
                "both",
            )
        if s.offer_end(offer) <= s.week_of(offer.start):
            yield (
                f"{where}.end",
                f"{offer.end} is not after the start, {offer.start}; give a later end, or "
                "length_weeks",
            )
        if offer.payer == "owner":
            yield from _defined(f"{where}.owner", "owner", [offer.owner or ""], s.owners)
        elif offer.owner is not None:
            yield (
                f"{where}.owner",
                f"is '{offer.owner}' but payer is '{offer.payer}'; set payer = 'owner', or leave "
                "the owner out",
            )
        if offer.payer == "user" and not set(offer.apps) & set(s.messengers):
            yield f"{where}.apps", "a pack paid by users needs a messenger among its apps"
    for event in s.events:
        if event.kind == "price":
            menu = s.carriers[event.carrier].menu
            yield from _defined("events.*.plans", "plan", event.plans, menu)
    for what, alike in CARRIED.values():
        names = [name for name, offer in s.offers.items() if alike(offer)]
        for name in names[MAX_OF_A_KIND:]:
            yield (
                f"offers.{name}",
                f"is one too many of the {what}; at most {MAX_OF_A_KIND} fit in a market",
            )
