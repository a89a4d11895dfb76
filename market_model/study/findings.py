"""What a game says, in words and tables for readers."""

from collections.abc import Mapping, Sequence

from ..charts import figures
from ..charts.look import CARRIERS
from ..charts.page import study_page
from ..charts.sections import Chart, Section
from ..players.strategies import title
from ..scenario import Scenario
from ..words import Language, currency, percent
from .report import Words, title_of
from .strategies import REGULATOR, RUN_OUT, NormalForm, Profile, base_of, name_of

MEASURES = ("carriers", "consumer_surplus", "hhi")
"""What is told of a profile beside the payoffs."""

type Table = tuple[list[str], list[list[str]]]


class GamePage(Words):
    """The report of a game in one language."""

    kind = "strategies"

    def __init__(self, game: NormalForm, scenario: Scenario, language: Language) -> None:
        super().__init__(language)
        self.game, self.scenario = game, scenario
        self.measures = [*(f"payoff.{player}" for player in game.players), *MEASURES]
        self.rules: dict[str, list[int]] = {}
        for place, row in enumerate(game.rows):
            self.rules.setdefault(row.strategies.get(REGULATOR, "as-in-file"), []).append(place)

    def html(self) -> str:
        """A whole file that opens without a network."""
        matrix = (
            [Section("strategy_matrix", [], *self.matrix())] if len(self.game.players) == 2 else []
        )
        parts = [*matrix, self.replies(), Section("strategy_profiles", [], *self.profiles())]
        return study_page(
            self.language, self.kind, self.title(), self.lead(), parts, self.findings()
        )

    def strategy(self, name: str) -> str:
        """A strategy's name for readers."""
        return title(name, self.language)

    def profile(self, strategies: Mapping[str, str], without: str = "") -> str:
        """Names of the strategies in all seats but one."""
        return " / ".join(
            self.strategy(strategy) for seat, strategy in strategies.items() if seat != without
        )

    def measure(self, name: str) -> str:
        key, _, player = name.partition(".")
        return self.say(
            key, currency=currency(self.scenario.currency, self.language), player=self.actor(player)
        )

    def title(self) -> str:
        return self.say(
            "title",
            scenario=title_of(self.scenario, self.language),
            players=" · ".join(map(self.actor, self.game.players)),
        )

    def lead(self) -> str:
        game, scenario = self.game, self.scenario
        return self.say(
            "lead",
            profiles=len(game.rows),
            replicates=game.replicates,
            weeks=scenario.weeks,
            run_out=RUN_OUT,
            value=self.amount(scenario.parameters.user_value),
            currency=currency(scenario.currency, self.language),
        )

    def findings(self) -> list[str]:
        """Equilibria under each rule; dilemma and choices under the first; what the last profile
        and the other rules change.
        """
        by_rule = {
            self.strategy(rule): [self.game.rows[p] for p in places]
            for rule, places in self.rules.items()
        }
        rule, rows = next(iter(by_rule.items()))
        worst = max(rows, key=lambda row: row.dilemma)
        return [
            *(
                self.say("under", rule=name, said=self.equilibria(under))
                for name, under in by_rule.items()
            ),
            self.say(
                "dilemma",
                rule=rule,
                profile=self.profile(worst.strategies, REGULATOR),
                probability=percent(worst.dilemma, self.language),
            ),
            *(self.choices(player, rule, rows) for player in self.game.players),
            *(self.change(under[-1]) for under in by_rule.values()),
        ]

    def equilibria(self, rows: Sequence[Profile]) -> str:
        """Which profiles are equilibria beyond doubt; that none is; or that it is open, and
        between which.
        """
        ranked = sorted(
            (row for row in rows if row.settled is not False), key=lambda row: -row.probability
        )
        sure = [row for row in ranked if row.settled]
        open_ = [row for row in ranked if not row.settled]
        if not ranked or len(sure) == len(rows):
            return self.say("every" if ranked else "none", profiles=self.named(sure))
        return " ".join(
            self.say(key, profiles=self.named(some))
            for key, some in (("some", sure), ("open", open_))
            if some
        )

    def named(self, rows: Sequence[Profile]) -> str:
        """Profiles and how probable equilibria they are."""
        return self.say("and").join(
            f"{self.profile(row.strategies, REGULATOR)} ({percent(row.probability, self.language)})"
            for row in rows
        )

    def probability(self, row: Profile) -> str:
        """How probable an equilibrium a profile is; ★ where it is one beyond doubt, ☆ where that is
        open.
        """
        sign = {True: "★ ", None: "☆ ", False: ""}[row.settled]
        return sign + percent(row.probability, self.language)

    def choices(self, player: str, rule: str, rows: Sequence[Profile]) -> str:
        """The strategies of a player that forgo least and most where they do worst."""
        most = {
            s: max(row.regret[player] for row in rows if row.strategies[player] == s)
            for s in self.game.seats[player]
        }
        best, worst = min(most, key=lambda s: most[s]), max(most, key=lambda s: most[s])
        return self.say(
            "choices",
            player=self.actor(player),
            rule=rule,
            best=self.strategy(best),
            least=self.amount(most[best]),
            worst=self.strategy(worst),
            most=self.amount(most[worst]),
            epsilon=self.amount(self.game.epsilon[player]),
        )

    def change(self, row: Profile) -> str:
        """What differs between a profile and its base, with the same luck."""
        changes = [
            self.say(
                "difference",
                measure=self.measure(d.measure),
                difference=f"{'+' if d.difference > 0 else ''}{self.amount(d.difference)}",
                low=self.amount(d.low),
                high=self.amount(d.high),
            )
            for d in self.game.changes
            if d.scenario == name_of(row.strategies) and d.measure in self.measures
        ]
        base = base_of(row.strategies, self.game.rows[0].strategies)
        return self.say(
            "change",
            variant=self.profile(row.strategies),
            base=self.profile(base),
            changes=self.say("and").join(changes),
        )

    def matrix(self) -> Table:
        """Two players: rows are rules and strategies of the first, columns strategies of the
        second.
        """
        first, second = self.game.players
        cells: dict[str, list[str]] = {}
        for row in self.game.rows:
            money = " / ".join(
                self.amount(row.figures[f"payoff.{player}"][0]) for player in self.game.players
            )
            cells.setdefault(self.profile(row.strategies, second), []).append(
                f"{money} {self.probability(row)}"
            )
        headers = [
            f"{self.actor(first)} ↓ / {self.actor(second)} →",
            *(self.strategy(s) for s in self.game.seats[second]),
        ]
        return headers, [[title, *row] for title, row in cells.items()]

    def profiles(self) -> Table:
        """Figures of every profile with their intervals, regrets, and how probable an
        equilibrium is.
        """
        headers = [
            self.say("profile"),
            *map(self.measure, self.measures),
            *(self.say("regret", player=self.actor(player)) for player in self.game.players),
            self.say("probability"),
        ]
        rows = [
            [
                self.profile(row.strategies),
                *("{} ({} … {})".format(*map(self.amount, row.figures[m])) for m in self.measures),
                *map(self.amount, row.regret.values()),
                self.probability(row),
            ]
            for row in self.game.rows
        ]
        return headers, rows

    def replies(self) -> Section:
        """Under each rule the graph of best replies."""
        game, charts = self.game, list[Chart]()
        color = dict(zip(game.players, CARRIERS, strict=False))
        columns = len(game.seats[game.players[-1]])
        for rule, places in self.rules.items():
            names = [
                (self.profile(game.rows[p].strategies, REGULATOR), game.rows[p].equilibrium)
                for p in places
            ]
            arrows = [
                (places.index(a), places.index(b), color[player])
                for a, player, b in game.replies
                if a in places
            ]
            charts.append(
                Chart(
                    self.strategy(rule),
                    figures.best_replies(names, columns, arrows),
                    110 + 90 * (len(names) // columns),
                )
            )
        return Section(
            "strategy_replies",
            charts,
            (),
            (),
            [(self.actor(player), tint) for player, tint in color.items()],
        )
