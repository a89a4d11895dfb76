"""Skill shares and stars: what a seat won beside what bots win in its place."""

import pytest

from market_model.game import Round, setup_of
from market_model.game.counterfactuals import Game, of_market
from market_model.game.debrief import together
from market_model.game.skill import Skill
from market_model.scenario import load_scenario


@pytest.mark.parametrize(
    ("margin", "bot", "best", "share", "stars"),
    [
        (5, 10, 20, 0.25, 1),
        (12, 10, 20, 0.6, 2),
        (18, 10, 20, 0.9, 3),
        (17.9, 10, 20, 0.895, 2),
        (0, 10, 20, 0, 0),
        (-4, -8, 20, -0.2, 0),
        (3, -8, -2, 1, 3),
        (0, -8, -2, 0, 0),
        (-3, -8, -2, -1, 0),
    ],
)
def test_shares_and_stars_by_hand(
    margin: float, bot: float, best: float, share: float, stars: int
) -> None:
    skill = Skill(margin, bot, best)
    assert skill.share == pytest.approx(share) and skill.stars == stars


def test_a_seat_that_decides_as_its_bot_has_the_share_of_its_bot() -> None:
    """With the same luck, to the last bit; and who does nothing has none."""
    setup = setup_of(load_scenario("philippines-2013", {"society.users": 150}), 3, 2)
    alone = Game.played(setup, [Round(), Round()])
    copied = [
        Round({"viber": one["viber"].model_dump(mode="json", exclude_defaults=True)})
        for one in alone.decided
    ]
    data = together(0, {"": of_market(Game.played(setup, copied))})
    viber = data["skill"]["viber"]
    assert viber.margin == viber.bot and viber.margin != 0
    idle = together(0, {"": of_market(Game.played(setup, [Round({"viber": {}})] * 2))})
    assert idle["skill"]["viber"].margin == 0 == idle["skill"]["viber"].stars
