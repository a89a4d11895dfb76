"""Levers are described once: by the fields of the decisions."""

import re

import pytest

from market_model.explorer.markup import markup
from market_model.explorer.offers import _plain
from market_model.game.export import _levers
from market_model.players.decisions import KINDS, ZeroRating
from market_model.players.levers import LEFT_OUT, levers


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_decision_is_a_lever_with_its_bounds(kind) -> None:
    found = levers(kind)
    assert {lever.path[0] for lever in found} == set(KINDS[kind].model_fields) - LEFT_OUT
    assert all(lever.low is not None and lever.unit for lever in found if lever.form == "number")
    if kind == "app":
        terms = [lever.name for lever in found if lever.path[:2] == ("zero_rating", "CARRIER")]
        assert terms == list(ZeroRating.model_fields)


def test_act_now_offers_numbers_within_the_bounds_of_the_decision() -> None:
    form = markup(
        "forms",
        "en",
        apps=["a"],
        carriers=["c"],
        owners=[],
        rule="free",
        levers={kind: _plain(kind) for kind in KINDS},
        currency="RMB",
    )
    options = re.findall(
        r'value="(\w+)" data-kind="(\w+)" data-field="amount" data-least="(.*?)" '
        r'data-most="(.*?)"',
        form,
    )
    assert [name for name, *_ in options] == [
        *("promotion", "invite", "bring_friend"),
        *("plan_fee", "plan_overage", "sms_price", "wholesale"),
    ]
    for name, kind, low, high in options:
        (lever,) = (lever for lever in levers(kind) if lever.path == (name,))
        assert (float(low), float(high)) == (lever.low, lever.high)


def test_the_codebook_has_a_line_for_each_column_of_a_decision() -> None:
    lines = [line.split(" | ")[0].removeprefix("| ") for line in _levers("RMB").splitlines()]
    assert lines == [".".join(v.path) for kind in KINDS for v in levers(kind)]
