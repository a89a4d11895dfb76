"""One whole run as a function: scenario, seed and actions in, figures out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..players.ledger import Ledger, Line
from ..players.offers import OfferBook
from ..scenario import WEEKS_PER_BILL, Scenario
from ..scenario.files import replacing
from ..version import MODEL_VERSION
from .credit import Lapse
from .digest import digest
from .history import History
from .market import Engine, Market
from .rounds import Action, BadAction
from .survival import Followed, keep

if TYPE_CHECKING:
    import pandas as pd


@dataclass(repr=False)
class Run:
    """What a run left behind. People, MB and money are for the population.

    Attributes:
        scenario, seed: what was run.
        history: the weekly series; `history.series("app", "wechat", "active")`.
        digest: equal for equal runs; "" while a run is under way.
        summary: nested figures of the last week: apps, carriers, offers, market; {} while a run is
            under way.
        followed: users acquired by each offer that ended, and how many stayed.
        offers: name, apps, carriers, start, end, payer of every offer there was.
        lapsed: what ended since its payer had no cash left.
        refused: by seat with a policy of a user's own, (week, problem) of decisions that could not
            be carried out.
    """

    scenario: Scenario
    seed: int
    history: History
    digest: str
    summary: dict[str, Any]
    offers: list[dict[str, Any]]
    followed: list[Followed]
    _ledger: Ledger
    _cohorts: list[tuple[int, NDArray[np.int64]]]
    refused: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    lapsed: tuple[Lapse, ...] = ()

    def __repr__(self) -> str:
        people = self.scenario.population
        shares = ", ".join(
            f"{name} {self.summary['apps'][name]['mau'] / people:.1%}"
            for name in self.scenario.messengers
        )
        return (
            f"Run({self.scenario.name!r}, seed {self.seed}: {self.scenario.society.users:,} users, "
            f"{self.history.weeks} weeks; monthly active {shares}; digest {self.digest})"
        )

    @property
    def refusals(self) -> int:
        """Decisions that could not be carried out, of all seats."""
        return sum(map(len, self.refused.values()))

    @property
    def weekly(self) -> pd.DataFrame:
        """All weekly series in long form: week, scope, name, series, value."""
        return self.history.frame()

    @property
    def ledger(self) -> pd.DataFrame:
        """Every transfer: week, payer, payee, reason, mb, rmb, internal."""
        return self._ledger.frame()

    def transfers(self) -> list[Line]:
        """The same, line by line."""
        return self._ledger.lines

    @property
    def cohorts(self) -> pd.DataFrame:
        """Registered and monthly active people by app, offer and 4-week block of registration,
        at each bill; users: the simulated ones who stand for the registered.
        """
        import pandas as pd

        names = [o["name"] for o in self.offers]
        rows: list[dict[str, Any]] = []
        scale = self.scenario.people_per_user
        for week, curves in self._cohorts:
            for a, o, b in zip(*np.nonzero(curves[..., 0]), strict=True):
                registered, active = curves[a, o, b]
                offer = names[o] if o < curves.shape[1] - 1 else ""
                rows.append(
                    {
                        "week": week,
                        "app": self.scenario.messengers[a],
                        "offer": offer,
                        "joined": (int(b) - 1) * WEEKS_PER_BILL,
                        "users": int(registered),
                        "registered": registered * scale,
                        "active": active * scale,
                    }
                )
        return pd.DataFrame(
            rows, columns=["week", "app", "offer", "joined", "users", "registered", "active"]
        )

    def to_parquet(self, folder: str | Path) -> list[Path]:
        """Write weekly, ledger and cohorts as Parquet files; returns their paths."""
        return self._write(folder, "parquet")

    def to_csv(self, folder: str | Path) -> list[Path]:
        """The same as CSV files."""
        return self._write(folder, "csv")

    def _write(self, folder: str | Path, ending: str) -> list[Path]:
        paths = [Path(folder) / f"{name}.{ending}" for name in ("weekly", "ledger", "cohorts")]
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        for path in paths:
            with replacing(path) as beside:
                getattr(getattr(self, path.stem), f"to_{ending}")(beside, index=False)
        return paths


def run(
    scenario: Scenario,
    seed: int = 0,
    actions: Iterable[Action] = (),
    record: bool = False,
    *,
    engine: Engine = "compiled",
    threads: int | None = None,
    watch: Iterable[Followed] = (),
    on_week: Callable[[Market], None] | None = None,
    **brought: Any,
) -> Run:
    """Run a scenario from start to end.

    Args:
        scenario: what to run.
        seed: of all chance.
        actions: decisions of people, each from its week on; all others are the bots'.
        record: keep what a picture of each user needs (`people.shown`), for `on_week`.
        engine: "compiled" or "agents".
        threads: of the compiled engine; changes no bit.
        watch: users to follow that another run acquired (this run is its twin).
        on_week: called after every week (for progress).
        brought: `user`, `policies`, `observers` of `Market`.

    Raises:
        BadAction: an action cannot be carried out.
    """
    market: Market | None = None
    for market in weeks_of(
        scenario, seed, actions, record, engine=engine, threads=threads, watch=watch, **brought
    ):
        if on_week:
            on_week(market)
    assert market is not None
    return result(market)


def weeks_of(
    scenario: Scenario,
    seed: int = 0,
    actions: Iterable[Action] = (),
    record: bool = False,
    *,
    engine: Engine = "compiled",
    threads: int | None = None,
    watch: Iterable[Followed] = (),
    **brought: Any,
) -> Iterator[Market]:
    """The same run, week by week: the market after each of its weeks. Arguments and errors are
    those of `run`.
    """
    market = Market(scenario, rng=seed, engine=engine, threads=threads, **brought)
    market.followed = [f.same() for f in watch]
    if record:
        market.show()
    return going_on(market, actions)


def going_on(market: Market, actions: Iterable[Action] = ()) -> Iterator[Market]:
    """A market after each of the weeks that it has left. Raises BadAction."""
    weeks = market.config.weeks
    by_week: dict[int, list[Action]] = {}
    for action in actions:
        if not 0 <= action.week < weeks:
            raise BadAction(
                f"{action.seat}: there is no week {action.week} to act in; weeks are 0 to "
                f"{weeks - 1}"
            )
        by_week.setdefault(action.week, []).append(action)
    for week in range(market.week, weeks):
        for action in by_week.get(week, []):
            market.act(action.seat, action.decision)
        market.step()
        yield market


def result(market: Market) -> Run:
    """What a market has to show."""
    return replace(so_far(market), digest=digest(market), summary=summary(market))


def so_far(market: Market) -> Run:
    """The same of a run that is under way, whose figures go on growing."""
    seed = market.seed if isinstance(market.seed, int) else -1
    return Run(
        market.config,
        seed,
        market.history,
        "",
        {},
        described(market.book),
        market.followed,
        market.ledger,
        market.cohorts,
        market.refused_decisions,
        tuple(market.lapsed),
    )


def described(book: OfferBook) -> list[dict[str, Any]]:
    """Offers as a run tells of them."""
    return [
        {
            "name": o.name,
            "apps": list(o.apps),
            "carriers": list(o.carriers),
            "start": o.start,
            "end": o.end,
            "payer": o.payer if o.payer in ("carrier", "user") else o.payer_at(""),
            "waived": o.waived,
            "allowance_mb": o.allowance_mb,
            "gift_mb": o.gift_mb,
            "by": o.by,
        }
        for o in book.offers
    ]


def summary(market: Market) -> dict[str, Any]:
    """Figures of the last week (incomes: of the last bill; totals: of the whole run), for tables
    and JSON.
    """
    history = market.history
    last: dict[str, Any] = {
        "scenario": market.config.name,
        "seed": market.seed if isinstance(market.seed, int) else str(market.seed),
        "model_version": MODEL_VERSION,
        "weeks": history.weeks,
        "users": market.config.society.users,
        "population": market.config.population,
        "currency": market.config.currency,
        "apps": {},
        "carriers": {},
        "offers": {},
        "market": {},
    }
    for scope, name, series, values in history.all():
        if scope == "region":
            continue
        known = values[~np.isnan(values)]
        named = last.setdefault(f"{scope}s", {}) if scope != "market" else {}
        place = last["market"] if scope == "market" else named.setdefault(name, {})
        place[series] = float(known[-1]) if len(known) else None
        if (scope == "carrier" and series.endswith("_income")) or series in (
            "income",
            "cost",
            "bill",
        ):
            place[f"{series}_total"] = float(known.sum())
    population = market.config.population
    for name, figures in last["apps"].items():
        figures |= {
            f"{key}_share": figures[key] / population
            for key in ("registered", "active", "mau")
            if figures[key] is not None
        }
        figures["kind"] = market.config.apps[name].kind
    last["market"]["sponsored_total"] = sum(
        line.rmb for line in market.ledger.lines if line.reason in ("sponsored", "gift")
    )
    for followed in market.followed:
        place = last["offers"].setdefault(followed.offer, {}).setdefault("survival", {})
        offer = next((o for o in market.book.offers if o.name == followed.offer), None)
        if offer is not None:
            for series in ("active", "mb"):
                kept = keep(history.series("app", followed.app, series), offer.start, followed.end)
                last["offers"][followed.offer].setdefault(f"keep_{series}", {})[followed.app] = kept
        place[followed.app] = {
            h: followed.survival(h)
            for h in (4, 12, 26)
            if h < len(followed.active) and len(followed.acquired)
        } | {"users": len(followed.acquired)}
    return last
