"""Rules broken on purpose, each to be caught by the test named for it: `uv run python
tests/mutants.py`, or with part of a name, or `--sample 5`.

Each change is made in a temporary copy of the project, where nothing is compiled (so the change
surely counts).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parent.parent
BOTH = "engine.py::test_agents_equal_compiled"
BYTES = "market.py::test_money_and_bytes_balance_in_every_story[china-2013]"
PEOPLE = "market.py::test_people_are_as_the_file_says"
BAN = "market.py::test_a_ban_leaves_no_free_data_and_exclusive_offers_need_a_free_market"
CHANGES = "market.py::test_prices_and_offers_change_from_their_week_on"
DEAL = "market.py::test_a_bid_becomes_a_deal_and_an_offer"
SURVIVORS = "market.py::test_survivors_are_counted_user_by_user"

MUTANTS = [  # file below market_model, what stands there, what instead, test below tests/test_
    (
        "market/people.py",
        "& ~still) | (recent & still)",
        "& ~still)",
        "presence.py::test_four_bytes_remember_the_weeks_in_which_an_app_worked",
    ),
    (
        "market/compiled.py",
        "if down >> a & 1:",
        "if False:",
        "presence.py::test_presence_and_habit_stand_still_while_an_app_is_down[1.0]",
    ),
    (
        "market/compiled.py",
        "np.int64(people.recent[i]) & 255 if rules.presence_weeks > 1 else kept",
        "kept",
        "presence.py::test_presence_and_habit_stand_still_while_an_app_is_down[0.3]",
    ),
    ("market/compiled.py", "packed += _SPREAD[both >> 8]", "packed += _SPREAD[both & 255]", BOTH),
    (
        "market/compiled.py",
        "if rest_of & (rest_of - 1) or rules.presence_weeks > 1:",
        "if rest_of & (rest_of - 1):",
        BOTH,
    ),
    (
        "market/people.py",
        "column = column + parameters.appetite_sd * appetite",
        "column = column + parameters.appetite_sd * abs(appetite)",
        "presence.py::test_appetite_is_one_number_a_person_in_all_tastes",
    ),
    (
        "market/people.py",
        "people.recent[users] &= np.uint32(0xFFFFFFFF ^ 0x01010101 << bit)",
        "people.recent[users] &= np.uint32(0xFFFFFFFF ^ 1 << bit)",
        "presence.py::test_who_leaves_by_a_split_is_gone_at_once",
    ),
    (
        "market/ending.py",
        "p.account_closing * (1.0 - people.habit[users, bit])",
        "p.account_closing + 0.0 * people.habit[users, bit]",
        "ending.py::test_who_used_an_app_in_four_weeks_keeps_the_account",
    ),
    (
        "market/ending.py",
        "outside & ~seen_on(",
        "outside | seen_on(",
        "ending.py::test_who_sees_no_friend_on_an_app_forgets_it",
    ),
    (
        "market/ending.py",
        "people.registered & ~used & works",
        "people.registered & ~used",
        "ending.py::test_an_app_that_is_out_of_order_loses_no_account",
    ),
    (
        "market/terms.py",
        "voice**-p.voice_elasticity",
        "voice**p.voice_elasticity",
        "ending.py::test_sms_and_calls_answer_their_prices_as_elasticities_say",
    ),
    (
        "market/terms.py",
        "(1.0 - floor) * share / (share + HALF_FOUND)",
        "(1.0 - floor) * share",
        "ending.py::test_an_app_is_found_as_it_is_used",
    ),
    (
        "market/week.py",
        "sms * left**rules.sms_fading",
        "sms * left",
        "ending.py::test_sms_fade_where_few_conversations_are_left_to_them",
    ),
    (
        "market/equations.py",
        "return price * (1.0 - waived) + surcharge",
        "return price * waived + surcharge",
        "equations.py::test_prices",
    ),
    (
        "market/equations.py",
        "pressure * (1.0 - wifi) / reference",
        "pressure / reference",
        "equations.py::test_prices",
    ),
    (
        "market/equations.py",
        "max(0.0, 1.0 - paid / choke)",
        "1.0 - paid / choke",
        "equations.py::test_prices",
    ),
    (
        "market/equations.py",
        "return math.log(demand / cap) / sensitivity",
        "return overage",
        "equations.py::test_shadow_price",
    ),
    (
        "market/equations.py",
        "if demand <= cap and cap > 0.0:",
        "if demand <= cap:",
        "equations.py::test_shadow_price",
    ),
    (
        "market/equations.py",
        "1.0 - (1.0 - chance) * (1.0 - try_once)",
        "chance + try_once",
        "equations.py::test_hearing_and_joining",
    ),
    (
        "market/equations.py",
        "return (1.0 - decay) * before + decay * active",
        "return before + decay * active",
        "equations.py::test_use_and_habit",
    ),
    (
        "market/equations.py",
        "min(max(used - cap, 0), gift)",
        "min(used, gift)",
        "equations.py::test_bytes_are_whole",
    ),
    ("market/equations.py", "mb * KIB + 0.5", "mb * KIB", "equations.py::test_bytes_are_whole"),
    (
        "market/equations.py",
        "return utility * reference * mb / pressure",
        "return utility * mb / pressure",
        "equations.py::test_surplus_in_money",
    ),
    (
        "market/equations.py",
        "min(10.0, 1.0 / (1.0 - load) - 1.0)",
        "1.0 / (1.0 - load) - 1.0",
        "equations.py::test_congestion",
    ),
    (
        "market/draws.py",
        "k0 = (k0 + _W0) & _LOW",
        "k0 = (k0 + _W1) & _LOW",
        "equations.py::test_philox_gives_its_published_answers",
    ),
    (
        "market/draws.py",
        "np.uint64(group),",
        "np.uint64(0),",
        "equations.py::test_a_draw_is_a_function_of_seed_mechanism_week_user_and_app",
    ),
    (
        "market/draws.py",
        "above = x > EDGES[k, 1]",
        "above = x > EDGES[k, 0]",
        "equations.py::test_chosen_is_uniform_below_sigmoid",
    ),
    ("market/compiled.py", "people.pots[i, pot] += free", "people.pots[i, pot] += free // 2", BOTH),
    ("market/compiled.py", "pushed |= bit if how == 2 else 0", "pushed |= 0", BOTH),
    ("market/compiled.py", "crossing - exposure * h,", "crossing,", BOTH),
    (
        "market/compiled.py",
        "uniform(word(rethink, a)) >= rules.refresh",
        "uniform(word(rethink, a)) < rules.refresh",
        BOTH,
    ),
    (
        "market/compiled.py",
        "min(stop, chunk + 255)",
        "min(stop, chunk + 254)",
        "engine.py::test_agents_equal_compiled_for_people_with_very_many_contacts",
    ),
    ("market/user.py", "if u >= chance:", "if u >= 0:", BOTH),
    (
        "market/user.py",
        "felt(now.rules.salience * self.terms_for(a)[0], a)",
        "felt(self.terms_for(a)[0], a)",
        BOTH,
    ),
    ("market/user.py", "minutes[a] - seen", "minutes[a]", BOTH),
    ("market/people.py", "(u[:, None] >= edges", "(u[:, None] < edges", PEOPLE),
    ("market/people.py", "< scenario.society.never_join", "> scenario.society.never_join", PEOPLE),
    ("market/people.py", "np.sqrt(zeta) * shared", "zeta * shared", PEOPLE),
    ("market/start.py", "_wanted(start.active, n)", "_wanted(start.registered, n)", PEOPLE),
    (
        "market/start.py",
        "people.habit[active, bit] = 1.0",
        "people.habit[registered, bit] = 1.0",
        PEOPLE,
    ),
    (
        "market/start.py",
        "people.taste[:, bit] - k + noise",
        "noise - people.taste[:, bit] - k",
        PEOPLE,
    ),
    ("market/bill.py", "people.billed[i] = 0", "people.billed[i] += 0", BYTES),
    ("market/bill.py", "over = used - planned - given", "over = used - planned", BYTES),
    ("market/billing.py", '"gift", given, given * price', '"gift", 0.0, given * price', BYTES),
    ("market/billing.py", " + bill.data[:, col.OTHER_WIFI_KIB]", "", BYTES),
    (
        "market/record.py",
        "/ WEEKS_PER_BILL / len(state.people.carrier)",
        "/ len(state.people.carrier)",
        "equations.py::test_consumer_surplus_of_a_market_worked_by_hand",
    ),
    (
        "players/ledger.py",
        "cash[payee] = cash.get(payee, 0.0) + rmb",
        "cash[payee] = cash.get(payee, 0.0)",
        BYTES,
    ),
    (
        "scenario/offers.py",
        'return not (rule == "non-exclusive" and offer.exclusive)',
        "return True",
        BAN,
    ),
    ("scenario/offers.py", 'if rule == "ban":', 'if rule == "closed":', BAN),
    (
        "players/offers.py",
        "offer.end = min(offer.end, week)",
        "offer.end = min(offer.end, week + 1)",
        CHANGES,
    ),
    (
        "players/deals.py",
        "deals.append(Deal(bid, answer))",
        "deals.append(Deal(bid, bid.price))",
        DEAL,
    ),
    ("players/deals.py", "bid.price >= ask.price", "bid.price > 0", DEAL),
    (
        "market/survival.py",
        "self.active[horizon] / len(self.acquired)",
        "self.active[horizon] / len(self.registered)",
        SURVIVORS,
    ),
    (
        "market/survival.py",
        "acquired = under[monthly(people, under) >> bit & 1 == 1]",
        "acquired = under",
        SURVIVORS,
    ),
    (
        "market/compiled.py",
        "people.shown[i, 1] = free_apps",
        "people.shown[i, 1] = 0",
        "market.py::test_frames_of_a_recorded_run_show_free_data_and_who_is_active",
    ),
    (
        "scenario/fields.py",
        "int(mb * KIB) / KIB",
        "mb",
        "bills.py::test_every_amount_that_use_is_held_against_is_whole_kib",
    ),
    (
        "market/compiled.py",
        "people.pots[i, pot] < terms.offers[offer, col.ALLOWANCE]",
        "people.pots[i, pot] <= terms.offers[offer, col.ALLOWANCE]",
        "bills.py::test_who_has_used_an_allowance_up_uses_as_much_as_without_it[compiled]",
    ),
    (
        "market/compiled.py",
        "for k in range(1, terms.offer.shape[2]):",
        "for k in range(1, 1):",
        "bills.py::test_when_the_best_offer_is_used_up_the_next_one_counts",
    ),
    (
        "market/terms.py",
        "key=lambda o: -o.waived",
        "key=lambda o: o.waived",
        "bills.py::test_when_the_best_offer_is_used_up_the_next_one_counts",
    ),
    (
        "market/bill.py",
        "mb += people.calls[i, t] / KIB / 4.0",
        "mb += 0.0",
        "bills.py::test_expected_calls_count_in_the_price_felt",
    ),
    (
        "market/bill.py",
        "waived *= take_free(people, terms, i, offer, wanted) / wanted",
        "waived *= 1.0",
        "bills.py::test_expected_data_beyond_an_allowance_counts_in_the_price_felt",
    ),
    (
        "market/bill.py",
        "people.price[i] = price_at(people, terms, rules, bill, i, c, k, weekly)",
        "people.price[i] = price_at(people, terms, rules, bill, i, people.carrier[i], k, weekly)",
        "bills.py::test_who_changes_carrier_pays_the_price_of_the_new_plan",
    ),
    (
        "market/bill.py",
        "return 4.0 * worth + price * included - bill.plan[c, k, 0]",
        "return 4.0 * worth - bill.plan[c, k, 0]",
        "plans.py::test_a_cap_that_binds_is_felt_and_not_paid_by_hand",
    ),
    (
        "market/bill.py",
        "now, people.price[i] = people.price[i], price",
        "now = people.price[i]",
        "plans.py::test_what_a_plan_is_worth_and_who_takes_it_by_hand",
    ),
    (
        "market/bill.py",
        "talk = sms * bill.talk[c, 0] + minutes * bill.talk[c, 1]",
        "talk = sms * bill.talk[c, 0]",
        "plans.py::test_a_carrier_that_raises_its_prices_loses_customers",
    ),
    (
        "market/bill.py",
        "+ price * (used - over) / KIB",
        "+ 0.0",
        "plans.py::test_consumer_surplus_counts_all_that_a_plan_is_worth",
    ),
    (
        "market/billing.py",
        "beyond += of_plan[col.OVER_KIB] / KIB * plan.overage",
        "beyond += of_plan[col.OVER_KIB] / KIB * carrier.plan.overage",
        "plans.py::test_every_fee_and_every_mb_beyond_a_plan_is_paid_at_the_own_plan_s_price",
    ),
    (
        "market/start.py",
        "_replace(churn=0.0, review=0.0, first_review=0.0)",
        "_replace(churn=0.0)",
        "plans.py::test_the_shares_of_a_menu_are_those_of_the_first_week",
    ),
    (
        "market/bill.py",
        "people.gifts[i] = 0",
        "people.gifts[i] |= 0",
        "bills.py::test_a_gift_stays_where_it_was_given",
    ),
    (
        "market/terms.py",
        "gift[index, state.cell_of(place)] =",
        "gift[index] =",
        "bills.py::test_a_gift_stays_where_it_was_given",
    ),
    (
        "market/bill.py",
        "if terms.pack[cr, a, k] == o and",
        "if terms.pack[cr, a, 0] == o and",
        "bills.py::test_two_packs_for_one_app_and_place_are_both_on_sale",
    ),
    (
        "market/billing.py",
        "state.ledger.lines[state.settled :]",
        "state.ledger.lines[-1:]",
        "bills.py::test_owners_share_a_profit_whatever_their_order",
    ),
    (
        "market/billing.py",
        "profit[owner.name] += money",
        "profit[owner.name] += 0.0",
        "bills.py::test_a_venture_passes_its_profit_on_to_its_parents",
    ),
    (
        "players/ledger.py",
        "float(mb), float(rmb)",
        "mb, rmb",
        "bills.py::test_amounts_in_the_ledger_are_plain_numbers",
    ),
    (
        "market/survival.py",
        "if f.index is None or f.end != end or",
        "if True or",
        "bills.py::test_an_offer_whose_end_is_put_off_is_followed_from_its_real_end",
    ),
    (
        "players/offers.py",
        'self.by == "scenario" and seat in self.apps',
        'self.by == "scenario"',
        "bills.py::test_what_a_seat_may_not_do_with_offers_is_said_in_words",
    ),
    (
        "players/decisions.py",
        "if started > (room := view.room.get(kind, MAX_OF_A_KIND)):",
        "if started > 99 + (room := 0):",
        "bills.py::test_what_a_seat_may_not_do_with_offers_is_said_in_words",
    ),
    (
        "market/rounds.py",
        "if other != seat and",
        "if other == seat and",
        "bills.py::test_two_seats_cannot_start_offers_of_one_name_in_a_week",
    ),
    (
        "game/table.py",
        "self.market.deal(event)",
        "self.market.happen(event)",
        "game.py::test_bots_do_not_know_of_a_card_that_people_decided_without",
    ),
    (
        "society/graphs.py",
        'case "random" | "blocks":',
        "case _ if True:",
        "graphs.py::test_every_family_of_the_schema_has_a_builder_of_its_own",
    ),
    (
        "market/digest.py",
        "shown=people.shown[:0],",
        "shown=people.shown[:0], wifi=people.wifi[:0],",
        "engine.py::test_digest_covers_every_column",
    ),
]


def passes(root: Path, tests: list[str]) -> bool:
    """Whether the tests pass in a copy of the project."""
    env = {
        **os.environ,
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-n0",
        "-p",
        "no:cacheprovider",
        *(f"tests/test_{test}" for test in tests),
    ]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def outdated() -> list[str]:
    """Entries that do not apply: what they break does not stand there once, or their test is gone."""
    wrong: list[str] = []
    for file, old, new, test in MUTANTS:
        path, (place, _, name) = ROOT / "market_model" / file, test.partition("::")
        times = path.read_text(encoding="utf-8").count(old) if path.exists() else 0
        source = (ROOT / "tests" / f"test_{place}").read_text(encoding="utf-8")
        if times != 1 or old == new:
            wrong.append(f"{file}: '{old}' stands there {times} times, not once")
        if f"def {name.partition('[')[0]}(" not in source:
            wrong.append(f"tests/test_{place} has no {name}")
    return wrong


def caught(root: Path, mutant: tuple[str, str, str, str]) -> bool:
    """Whether a rule's test fails in a copy of the project where the rule is broken."""
    file, old, new, test = mutant
    path = root / "market_model" / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new), encoding="utf-8")
    fails = not passes(root, [test])
    path.write_text(text, encoding="utf-8")
    print(f"{'caught  ' if fails else 'SURVIVED'} {file}: {old} → {new}   ({test})", flush=True)
    return fails


def main() -> int:
    """Number of mutants that survive."""
    asked = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    asked.add_argument("part", nargs="?", default="", help="of a file's or test's name")
    asked.add_argument("--sample", type=int, help="so many of them, by chance")
    asked.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the sample")
    asked.add_argument("--workers", type=int, default=2, help="how many at the same time")
    given = asked.parse_args()
    if wrong := outdated():
        sys.exit("\n".join([*wrong, "renew the list"]))
    chosen = [m for m in MUTANTS if given.part in f"{m[0]} {m[3]}"]
    if given.sample is not None:
        print(f"a sample of {given.sample}, --seed {given.seed}", flush=True)
        chosen = random.Random(given.seed).sample(chosen, min(given.sample, len(chosen)))
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.workers) as pool:
        roots: SimpleQueue[Path] = SimpleQueue()
        for number in range(given.workers):
            root = Path(folder) / str(number)
            for name in ("market_model", "scenarios", "tests"):
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, root / name, ignore=ignored)
            shutil.copy(ROOT / "pyproject.toml", root)
            roots.put(root)
        if not passes(root, sorted({m[3] for m in chosen})):
            sys.exit("the tests fail before anything is broken")

        def tried(mutant: tuple[str, str, str, str]) -> bool:
            root = roots.get()
            fails = caught(root, mutant)
            roots.put(root)
            return fails

        survived = list(pool.map(tried, chosen)).count(False)
    print(f"{len(chosen) - survived} of {len(chosen)} caught")
    return survived


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
