"""A new scenario file to start from."""

import json
import re
from pathlib import Path

from .errors import ScenarioError
from .load import load_scenario

TEMPLATE = """\
# {name}: a scenario of your own. Everything you leave out is as in "{base}".
# Run it:        market-model run {name}.toml
# Compare it:    market-model compare {base} {name}.toml
# All fields, with unit, range and source: market-model show {base}; for editors: market-model schema

extends = {quoted}
name = "{name}"
title = "{name}"
weeks = {weeks}

# remove = [{remove}]        # takes things out of the base

[society]
users = {users}                # simulated users; more are slower and less noisy

# [parameters]                 # how people behave
# salience = {salience}              # 1: everybody knows the offers when they register
# price_pressure = {{ lognormal = {{ median = 0.56, sigma = 0.6 }} }}

# [offers.my_offer]            # free data: who, where, when, who pays
# apps = ["{app}"]
# carriers = ["{carrier}"]
# start = 10                   # a week, or a date as 2013-11-08
# length_weeks = 26
# allowance_mb = 300           # MB in 4 weeks; leave it out for no limit
# payer = "app"

# [[events]]                   # dated events: licence, price, block, outage, split, rule, feature, quality, news
# when = 30
# kind = "rule"
# rule = "ban"
"""


def write_new(name: str, base: str) -> Path:
    """Write NAME.toml into the current folder.

    Raises:
        ScenarioError: a bad name, an unknown base, or the file exists.
    """
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}", name):
        raise ScenarioError(name, "", "is no good name; use letters, digits, '-' and '_'")
    scenario = load_scenario(base)
    path = Path(f"{name.removesuffix('.toml')}.toml")
    if path.exists():
        raise ScenarioError(str(path), "", "exists already; take another name, or move it away")
    text = TEMPLATE.format(
        name=path.stem, base=base, quoted=json.dumps(base), weeks=scenario.weeks, users=scenario.society.users,
        salience=scenario.parameters.salience, app=list(scenario.apps)[-1], carrier=next(iter(scenario.carriers)),
        remove=", ".join(json.dumps(f"offers.{o}") for o in list(scenario.offers)[:1]))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ScenarioError(str(path), "", f"cannot be written: {error.strerror}; go to another folder") from None
    return path
