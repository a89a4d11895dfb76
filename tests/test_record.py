"""A game kept, played again, and played otherwise; the debrief that tells it."""

import csv
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from market_model import desk
from market_model.charts.sections import DRAWN
from market_model.commands.main import app
from market_model.game import GameTable, Round, counterfactuals, setup_of
from market_model.game.counterfactuals import WORLDS, Game, of_market, variants
from market_model.game.debrief import counterfactual, parts, together
from market_model.game.export import write_zip
from market_model.game.record import PlayedMarket, PlayedRound, Prediction, Record, read, replay
from market_model.game.report import round_report
from market_model.game.scores import scores
from market_model.players.decisions import AppDecision, CarrierDecision
from market_model.scenario import ScenarioError, load_scenario
from market_model.words.catalogue import texts

EAGER = {
    "zero_rating": {c: {"bid": 0.5} for c in ("china_mobile", "china_unicom")},
    "promotion": 5e7,
}
ROUNDS = [
    Round({"yixin": EAGER, "china_unicom": {}}),
    Round({"yixin": {}, "china_unicom": {}}, ["licence"]),
    Round({"yixin": {}, "china_unicom": {"wholesale": 0.2}}),
    Round({"china_unicom": {}}, ["ban"]),
]
NAME = "<script>Ann"


@pytest.fixture(scope="module")
def record() -> Record:
    setup = setup_of(
        load_scenario(
            "china-2013",
            {"society.users": 200, "society.warmup_weeks": 40, "society.warmup_until": None},
        ),
        rounds=4,
        level="calm",
    )
    table, digests = GameTable(setup), []
    for one in ROUNDS:
        table.play(one)
        digests.append(round_report(table).digest)
    market = PlayedMarket(
        players={"yixin": (NAME,), "china_unicom": ("=1+1",)},
        digests=digests,
        rounds=[
            PlayedRound(
                decisions=one.decisions,
                shocks=one.shocks,
                how=dict.fromkeys(one.decisions, "decided"),
            )
            for one in ROUNDS
        ],
    )
    said = Prediction(name=NAME, market=0, seat="yixin", leader="wechat", stay=0.4)
    return Record(setup=setup, predictions=(said,), markets=(market, market))


@pytest.fixture(scope="module")
def game(record: Record) -> Game:
    return Game.played(record.setup, record.markets[0].as_rounds())


@pytest.fixture(scope="module")
def data(record: Record):
    rounds = record.markets[0].as_rounds()
    return together(
        0,
        {
            part: counterfactual(record.setup, rounds, part)
            for part in parts(record.setup, record.markets[0].players)
        },
    )


def score(record: Record, rounds: list[Round], seat: str) -> float:
    table = GameTable.after(record.setup, rounds)
    table.run_out()
    return scores(record.setup, table.market)[seat].total


def test_a_replay_is_equal_and_finds_the_round_of_a_changed_decision(record: Record) -> None:
    assert replay(record) == []
    data = record.model_dump(mode="json")
    data["markets"][1]["rounds"][2]["decisions"]["yixin"] = {"promotion": 1e6}
    assert [(one.market, one.round) for one in replay(Record.model_validate(data))] == [(1, 2)]
    data["markets"][1]["rounds"][1]["decisions"]["yixin"] = {"promotion": 1e12}
    wrong = replay(Record.model_validate(data))[0]
    assert wrong.round == 1 and "cost" in wrong.actual


def test_a_zip_holds_the_game_and_its_tables(record: Record, tmp_path, capsys) -> None:
    write_zip(record, tmp_path / "game.zip")
    assert read(tmp_path / "game.zip") == record
    with zipfile.ZipFile(tmp_path / "game.zip") as file:
        texts_ = {name: file.read(name).decode() for name in file.namelist()}
    tables = {
        name: list(csv.DictReader(texts_[f"{name}.csv"].splitlines()))
        for name in ("decisions", "outcomes", "scores")
    }
    assert [len(rows) for rows in tables.values()] == [2 * 4 * 6, 2 * 4 * 6, 2 * 6]
    decided, came, mine = (
        next(row for row in rows if row["seat"] == "yixin") for rows in tables.values()
    )
    assert (decided["nickname"], decided["how"], decided["promotion"]) == (
        NAME,
        "decided",
        "50000000.0",
    )
    assert decided["zero_rating.china_mobile.bid"] == "0.5"
    weekly = {
        (row["week"], row["name"], row["series"]): row["value"]
        for row in csv.DictReader(texts_["weekly.csv"].splitlines())
    }
    assert (
        came["week"] == str(record.setup.week(1) - 1)
        and came["active"] == weekly[came["week"], "yixin", "active"]
    )
    assert float(mine["margin"]) == pytest.approx(float(mine["total"]) - float(mine["twin_total"]))
    assert mine["predicted_leader"] == "wechat" and "'=1+1" in texts_["decisions.csv"]
    for rows in tables.values():
        columns = {column.split(".")[0] for column in rows[0]}
        assert [
            c
            for c in columns
            if not re.search(rf"^\|[^|]*\b{c}\b", texts_["codebook.md"], re.M)
            and f"| {c} |" not in texts_["codebook.md"]
        ] == []
    assert "replay game.zip" in texts_["README.txt"] and [
        name for name in texts_ if name not in texts_["README.txt"]
    ] == ["README.txt"]
    assert app(["replay", str(tmp_path / "game.zip")], standalone_mode=False) is None
    told = capsys.readouterr().out
    assert "every round compared" in told and f"market-model export {tmp_path}" in told
    for number, market in enumerate(record.markets, 1):
        assert f"market {number}, rounds: {len(market.rounds)}; every one equal\n" in told


def test_a_replay_says_which_round_differs(
    record: Record, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = record.model_dump(mode="json")
    data["markets"][1]["digests"][1] = "0" * 16
    (tmp_path / "game.json").write_text(Record.model_validate(data).model_dump_json())
    assert app(["replay", str(tmp_path / "game.json")], standalone_mode=False) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "market 1, rounds: 4; every one equal" in told
    assert "market 2, rounds: 4; round 2 differs: 0000000000000000 was" in told


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "cannot be read"),
        (b"PK\x03\x04broken", "is no game"),
        (b"{}", "setup"),
        (b"no json", "is no game"),
        (b'{"model_version": 1}', "model_version"),
        (b"[1]", "table"),
    ],
)
def test_broken_files_are_told_in_words(tmp_path, content: bytes | None, word: str) -> None:
    path = tmp_path / "game.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ScenarioError, match=word) as error:
        read(path)
    assert "\n" not in str(error.value)


def test_what_was_played_comes_out_the_same_with_every_bot_s_decision_noted(
    record: Record, game: Game
) -> None:
    again = replace(game, tables=game.tables[:1])
    total = score(record, ROUNDS, "yixin")
    assert (
        scores(record.setup, again.instead({}))["yixin"].total
        == total
        == game.score("yixin", game.own("yixin"))["total"]
    )
    assert sorted(again.decided[3]) == sorted(record.setup.seats)


def test_others_decide_as_they_did_whatever_a_seat_does(game: Game) -> None:
    before, closed = game.instead({}), CarrierDecision(asks={"yixin": "closed"})
    changed = game.instead({"china_unicom": [closed, *game.own("china_unicom")[1:]]})
    assert (
        before.history.series("app", "yixin", "income").tolist()
        != changed.history.series("app", "yixin", "income").tolist()
    )
    spent = [
        [
            line.rmb
            for line in one.ledger.lines
            if (line.payer, line.reason) == ("yixin", "promotion")
        ]
        for one in (before, changed)
    ]
    assert spent[0] == spent[1] == [5e7]
    noted = [one | {"laiwang": AppDecision(promotion=1e6)} for one in game.decided]
    bots_spent = [
        line.rmb
        for line in replace(game, decided=noted, tables=game.tables[:1]).instead({}).ledger.lines
        if (line.payer, line.reason) == ("laiwang", "promotion")
    ]
    assert bots_spent == [1e6] * 4


def test_what_a_seat_cannot_pay_is_left_out(game: Game) -> None:
    spends = [AppDecision(promotion=1e12), *game.own("yixin")[1:]]
    idle = [AppDecision(), *game.own("yixin")[1:]]
    assert game.score("yixin", spends) == game.score("yixin", idle)


def test_passive_and_bot_are_what_one_plays_by_hand(record: Record, game: Game) -> None:
    idle = [
        replace(
            one,
            decisions={
                **{seat: decision.model_dump(mode="json") for seat, decision in decided.items()},
                "yixin": {},
            },
        )
        for one, decided in zip(ROUNDS, game.decided, strict=True)
    ]
    assert game.score("yixin", game.passive("yixin"))["total"] == score(record, idle, "yixin")
    assert variants(game, "yixin")["bot"] == [None] * 4 and "none" not in variants(
        game, "china_unicom"
    )


def test_free_data_ends_four_weeks_earlier_or_never_begins(record: Record) -> None:
    game = Game.played(
        record.setup, [Round({"yixin": EAGER}), Round({"yixin": {}}), Round({"yixin": {}})]
    )
    found = variants(game, "yixin")

    def weeks(own) -> list[int]:
        bills = game.instead({"yixin": own}).ledger.lines
        return sorted(
            {
                line.week
                for line in bills
                if (line.payer, line.reason) == ("yixin", "sponsored") and line.rmb
            }
        )

    played = weeks(game.own("yixin"))
    assert (
        weeks(found["earlier"])
        == [week for week in played if week < record.setup.week(2)]
        != played
    )
    assert weeks(found["none"]) == []


def test_parts_tell_of_margins_in_every_world_and_of_seats_that_people_took(
    record: Record, data
) -> None:
    assert (
        set(data["seats"]) == {"yixin", "china_unicom"}
        and len(data["seats"]["china_unicom"]["grid"]) == 9
    )
    for seat, margins in data["margins"].items():
        assert (
            margins[0] == data["scores"][seat]["total"] - data["twins"][seat]["total"]
            and len(margins) == 1 + WORLDS
        )
    assert len(set(data["margins"]["yixin"])) == 1 + WORLDS
    assert data["seats"]["yixin"]["variants"]["passive"] == data["twins"]["yixin"]
    assert parts(record.setup, []) == ["", *record.setup.seats, *range(WORLDS + 1)]


def test_luck_that_does_not_lead_to_the_start_is_no_world(
    game: Game, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_table(_: object) -> GameTable:
        raise ScenarioError("china-2013", "society.warmup_weeks", "are too few")

    monkeypatch.setattr(counterfactuals, "GameTable", no_table)
    known = {"": of_market(game), 1: counterfactuals.of_world(game, 1)}
    assert [len(margins) for margins in together(0, known)["margins"].values()] == [1] * 6


def drawn(stayed) -> int:
    """Of how many offers a curve is drawn: those that brought some, or all where none did."""
    return sum(one["users"] >= DRAWN for one in stayed) or len(stayed)


def test_a_debrief_has_five_parts_in_both_languages_and_no_raw_name(record: Record, data) -> None:
    for language in ("en", "zh"):
        html = desk.debrief(record, [data], language, "yixin")
        assert re.findall(r'<section id="debrief-(\w+)"', html) == [
            "happened",
            "predictions",
            "counterfactuals",
            "news",
            "limits",
        ]
        assert (
            html.count("data-option=") == drawn(data["stayed"]) + 2
            and "<script" not in html
            and "&lt;script&gt;Ann" in html
        )
        assert texts("debrief", language)["more"] not in html


def test_a_debrief_begins_with_what_is_known(record: Record, game: Game) -> None:
    market = together(0, {"": of_market(game)})
    html = desk.debrief(record, [market], "en", "yixin")
    assert (
        texts("debrief", "en")["more"] in html
        and html.count("<section") == 5
        and html.count("data-option=") == drawn(market["stayed"]) + 1
    )
