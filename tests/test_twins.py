"""A run beside its twin without offers."""

import re

from conftest import Command


def test_a_run_says_of_which_offers_it_has_no_row(command: Command) -> None:
    mine = "apps=['yixin'], carriers=['china_mobile'], start=24, length_weeks=20, payer='app'"
    words = ("run", "china-2013", "--users", "600", "--weeks", "60")
    said = command(*words, "--set", f"offers.my_gift={{{mine}}}")
    rows, _, others = said.out.partition("in the twin: the same people")
    assert "Yixin free on Telecom" in " ".join(rows.split()), said
    better = "no user at its end had joined under it; of several, the best counts"
    assert re.findall(r"no row: ([^(]*) \(([^)]*)\)", " ".join(others.split())) == [
        ("WeChat SIM card, Yixin: 300 MB for registering, my gift", better),
        ("Yixin free on all carriers", "over for less than 12 weeks"),
        ("Laiwang: 2 GB bundle", "not over when the run ends"),
    ]
