"""What a game says, in words and tables for readers."""

from __future__ import annotations

from collections.abc import Sequence

from ..charts import GameData, Replies
from ..charts.look import CARRIERS
from ..scenario import Scenario
from ..words import Language, actor, amount, currency, percent, word
from .compare import Difference
from .report import title_of
from .strategies import REGULATOR, RUN_OUT, UNDECIDED, Game, Row

MEASURES = ("carriers", "consumer_surplus", "hhi")
"""What is told of a profile beside the payoffs."""


def game_data(game: Game, scenario: Scenario, language: Language) -> GameData:
    """Everything the page of a game shows."""
    color = dict(zip(game.players, CARRIERS, strict=False))
    rules = [(_rule(rule, language), places) for rule, places in _by_rule(game).items()]
    names = [_profile([s for seat, s in row.strategies.items() if seat != REGULATOR], language) for row in game.rows]
    replies = [Replies(title, [(names[p], game.rows[p].equilibrium) for p in places], len(game.seats[game.players[-1]]),
                       [(places.index(a), places.index(b), color[player]) for a, player, b in game.replies if a in places])
               for title, places in rules]
    players = [actor(player, language) for player in game.players]
    lead = word("strategies.lead", language, profiles=len(game.rows), replicates=game.replicates, weeks=game.weeks, run_out=RUN_OUT,
                value=amount(game.user_value, language), currency=currency(game.currency, language))
    return GameData(word("strategies.title", language, scenario=title_of(scenario, language), players=" · ".join(players)),
                    game.scenario, language, lead, findings(game, language), list(zip(players, color.values(), strict=False)), replies,
                    _matrix(game, language) if len(players) == 2 else None, _profiles(game, language), _changes(game, language))


def findings(game: Game, language: Language) -> list[str]:
    """Equilibria under each rule; dilemma and choices under the first; who gains, and what each other rule changes."""
    by_rule = [[game.rows[p] for p in places] for places in _by_rule(game).values()]
    rules = [_rule(rule, language) for rule in _by_rule(game)]
    said = [word("strategies.under", language, rule=rule, said=_equilibria(rows, language))
            for rule, rows in zip(rules, by_rule, strict=True)]
    rows = by_rule[0]
    worst = max(rows, key=lambda row: row.dilemma)
    said.append(word("strategies.dilemma" if worst.dilemma >= 0.5 else "strategies.no_dilemma", language, rule=rules[0],
                     profile=_of(worst, language), probability=percent(worst.dilemma)))
    said += [_choices(game, rows, player, rules[0], language) for player in game.players]
    first, last = _of(rows[0], language), _of(rows[-1], language)
    said.append(_change(first, last, rows[-1], game.changes, game, language))
    return said + [_change(rules[0], f"{rule} ({last})", other[-1], game.rules, game, language)
                   for rule, other in zip(rules[1:], by_rule[1:], strict=True)]


def _change(base: str, variant: str, row: Row, changes: Sequence[Difference], game: Game, language: Language) -> str:
    found = [_difference(d, game, language) for d in changes if d.scenario == " / ".join(row.strategies.values())]
    told = word("strategies.and", language).join(text for text in found if text)
    return word("strategies.change", language, base=base, variant=variant, changes=told)


def _by_rule(game: Game) -> dict[str, list[int]]:
    """Places of the profiles under each of the regulator's rules."""
    places: dict[str, list[int]] = {}
    for p, row in enumerate(game.rows):
        places.setdefault(row.strategies.get(REGULATOR, ""), []).append(p)
    return places


def _equilibria(rows: Sequence[Row], language: Language) -> str:
    """Which profiles are equilibria beyond doubt; that none is; or that it is open, and between which."""
    no, yes = UNDECIDED
    ranked = sorted((row for row in rows if row.probability >= no), key=lambda row: -row.probability)
    sure = [row for row in ranked if row.probability > yes]
    key = "none" if not ranked else "open" if not sure else "every" if len(sure) == len(rows) else "some"
    named = [word("strategies.sure", language, profile=_of(row, language), probability=percent(row.probability)) for row in sure or ranked]
    return word(f"strategies.{key}", language, profiles=word("strategies.and", language).join(named))


def _choices(game: Game, rows: Sequence[Row], player: str, rule: str, language: Language) -> str:
    """A player's strategy that is never much worse than its best, if there is one, and the one that forgoes most."""
    most = {s: max(row.regret[player] for row in rows if row.strategies[player] == s) for s in game.seats[player]}
    best, worst = min(most, key=lambda s: most[s]), max(most, key=lambda s: most[s])
    key = "safe" if most[best] <= game.epsilon[player] else "unsafe"
    return word(f"strategies.{key}", language, player=actor(player, language), rule=rule, best=_profile([best], language),
                worst=_profile([worst], language), regret=amount(most[worst], language), epsilon=amount(game.epsilon[player], language))


def _difference(d: Difference, game: Game, language: Language) -> str:
    if d.measure not in (*MEASURES, *(f"payoff.{player}" for player in game.players)):
        return ""
    shown = (amount(v, language) for v in (d.low, d.high))
    return word("strategies.difference", language, measure=_measure(d.measure, game, language),
                difference=_signed(d.difference, language), **dict(zip(("low", "high"), shown, strict=True)))


def _measure(name: str, game: Game, language: Language) -> str:
    key, _, player = name.partition(".")
    return word(f"strategies.{key}", language, currency=currency(game.currency, language), player=actor(player, language))


def _matrix(game: Game, language: Language) -> tuple[list[str], list[list[str]]]:
    """Two players: rows are rules and strategies of the first, columns strategies of the second."""
    first, second = game.players
    cells: dict[str, list[str]] = {}
    for row in game.rows:
        title = _profile([s for seat, s in row.strategies.items() if seat != second], language)
        money = " / ".join(amount(row.payoff[player][0], language) for player in game.players)
        cells.setdefault(title, []).append(f"{money} {'★' if row.probability > UNDECIDED[1] else ''} {percent(row.probability)}")
    heading = f"{actor(first, language)} ↓ / {actor(second, language)} →"
    return [heading, *(_profile([s], language) for s in game.seats[second])], [[title, *row] for title, row in cells.items()]


def _profiles(game: Game, language: Language) -> tuple[list[str], list[list[str]]]:
    headers = [word("strategies.profile", language), *(_measure(f"payoff.{p}", game, language) for p in game.players),
               *(word("strategies.regret", language, player=actor(p, language)) for p in game.players),
               word("strategies.probability", language)]
    rows = [[_title(row, language), *(_with_interval(row.payoff[p], language) for p in game.players),
             *(amount(row.regret[p], language) for p in game.players), percent(row.probability)] for row in game.rows]
    return headers, rows


def _changes(game: Game, language: Language) -> tuple[list[str], list[list[str]]]:
    measures = [*(f"payoff.{player}" for player in game.players), *MEASURES]
    first = game.rows[0]
    start = {f"payoff.{player}": figures for player, figures in first.payoff.items()} | dict(first.measures)
    found = {(d.scenario, d.measure): (d.difference, d.low, d.high) for d in game.changes}
    rows = [[_title(first, language), *(amount(start[m][0], language) for m in measures)]]
    for row in game.rows[1:]:
        name = " / ".join(row.strategies.values())
        rows.append([_title(row, language), *(_with_interval(found[name, m], language, signed=True) for m in measures)])
    return [word("strategies.profile", language), *(_measure(m, game, language) for m in measures)], rows


def _with_interval(figures: tuple[float, float, float], language: Language, *, signed: bool = False) -> str:
    mean, low, high = figures
    return f"{_signed(mean, language) if signed else amount(mean, language)} ({amount(low, language)} … {amount(high, language)})"


def _signed(value: float, language: Language) -> str:
    return f"{'+' if value > 0 else ''}{amount(value, language)}"


def _of(row: Row, language: Language) -> str:
    """A profile in a sentence, without the rule."""
    return ", ".join(f"{actor(seat, language)}: {_profile([strategy], language)}" for seat, strategy in row.strategies.items()
                     if seat != REGULATOR)


def _title(row: Row, language: Language) -> str:
    return _profile(list(row.strategies.values()), language)


def _profile(strategies: Sequence[str], language: Language) -> str:
    return " / ".join(word(f"strategies.name.{s}", language) for s in strategies)


def _rule(rule: str, language: Language) -> str:
    return word(f"strategies.name.{rule}" if rule else "strategies.as_in_file", language)
