"""A user as a Mesa agent: a view of one row of the columns, whose methods are the week in plain
Python.

`--engine agents` runs these methods instead of the compiled pass; both give the same bits. It is
the place to read the model, and to try a new behaviour first.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..scenario import MAX_MESSENGERS
from ..work.mesa import Agent
from . import columns as col
from . import equations as eq
from .draws import HEAR, JOIN, RETHINK, USE, uniform_of
from .state import State
from .week import PRESENT, WeekInProgress


class UserColumn:
    """A column seen from one user: reads and writes that user's entry."""

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.column = name

    def __get__(self, user: User | None, owner: type | None = None) -> Any:
        if user is None:
            return self
        value = getattr(user.state.people, self.column)[user.index]
        return value.item() if np.ndim(value) == 0 else value

    def __set__(self, user: User, value: Any) -> None:
        getattr(user.state.people, self.column)[user.index] = value


class User(Agent[Any]):
    """One person.

    Attributes:
        index: row in the columns, 0 … n−1; `unique_id` is minus one minus it (players count
            upwards).
    """

    carrier = UserColumn("index of the carrier")
    plan = UserColumn("place of the plan in the carrier's menu")
    region = UserColumn("index of the region")
    device = UserColumn("index of the device")
    barred = UserColumn("apps this user can never have, as bits")
    pressure = UserColumn("price pressure γ, logit")
    wifi = UserColumn("share of use over Wi-Fi ω")
    taste = UserColumn("taste minus threshold by messenger, shape (M,), logit")
    aware = UserColumn("apps known, as bits")
    registered = UserColumn("apps registered on, as bits")
    callers = UserColumn("1 for who ever calls by app")
    habit = UserColumn("habit by messenger, shape (M,), 0…1")
    price = UserColumn("shadow price of a MB on this bill, money")
    billed = UserColumn("KiB on this bill so far")
    sponsored = UserColumn("KiB sponsored on this bill so far")
    joined = UserColumn("week of registration by messenger")
    under = UserColumn("offer of registration by messenger, 255 for none")
    older = UserColumn("apps used two (low byte) and three weeks ago")
    recent = UserColumn("apps used in the last four weeks in which they worked, a byte each")
    packs = UserColumn("packs held, as bits")
    gifts = UserColumn("gifts held, as bits")
    calls = UserColumn("KiB of calls on this bill at price zero, by messenger, shape (M,)")

    def __init__(self, state: State, index: int) -> None:
        self.state, self.model = state, state.model
        self.index = index
        self.unique_id = -1 - index
        self.pos = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, User) and other.state is self.state and other.index == self.index

    def __hash__(self) -> int:
        return hash((id(self.state), self.index))

    def __repr__(self) -> str:
        return f"User({self.index})"

    def remove(self) -> None:
        """Users stay: a society is fixed. Raises TypeError."""
        raise TypeError("a user cannot be removed; a society is fixed")

    @property
    def active(self) -> int:
        """Apps used in the week that ran last, as bits."""
        return int(self.state.people.reach[self.state.last_half, 0, self.index])

    @property
    def contacts(self) -> list[User]:
        """Their friends; everybody else in a complete graph."""
        contacts = self.state.contacts
        if contacts.complete:
            return [
                type(self)(self.state, j)
                for j in range(len(self.state.people.carrier))
                if j != self.index
            ]
        return [type(self)(self.state, j) for j in contacts.of(self.index).tolist()]

    # ------------------------------------------------------------------ the week

    def begin(self, now: WeekInProgress) -> None:
        """Look up where this user stands in the week's tables, and what friends did last week."""
        self.now = now
        self.cr = self.carrier * now.rules.regions + self.region
        self.x = self.cr * now.rules.devices + self.device
        self.can = int(now.terms.open[self.x]) & ~self.barred & ((1 << now.apps) - 1)
        self.member_before, self.used_before = self.registered, int(now.before[0, self.index])
        self.chosen_before = self.recent & 255 if len(now.presence) else self.used_before
        self.block, self.pushed, self.uses = self.index // now.rules.block % col.RING, 0, 0
        self.see_friends()

    def see_friends(self) -> None:
        """Exposure n_a = Σ_j W_ij·p_ja: the weight of friends present on each app."""
        counts, heads = [0.0] * self.now.apps, 0
        for weight, reached in self.now.friends(self.index, PRESENT):
            heads += 1
            for a in bits_of(reached):
                counts[a] += weight
        self.share_of_one = self.now.one_friend(heads)
        self.exposure = [n * self.share_of_one for n in counts]
        self.crossing = 0.0
        for n, h in zip(self.exposure, self.habit, strict=True):
            self.crossing += n * float(h)  # not sum(), which corrects rounding since Python 3.12

    def felt(self, waived: float, a: int) -> float:
        """Price felt of app a's data, logit."""
        paid = eq.price_paid(self.price, waived, self.now.terms.places[self.cr, a, col.SURCHARGE])
        return eq.price_felt(
            eq.price_weight(self.pressure, self.now.rules.reference_price, self.wifi), paid
        )

    def draw(self, mechanism: int, a: int) -> float:
        return uniform_of(self.now.key, mechanism, self.now.week, self.index, a)

    def hear_of(self) -> None:
        """Awareness, by campaigns and by friends."""
        for a in bits_of(self.can & ~self.member_before & ~self.aware):
            p, q = self.now.terms.hear[self.region, a]
            rate = eq.hearing_rate(p, q, self.exposure[a])
            if self.draw(HEAR, a) < eq.arrival_chance(rate):
                self.aware |= 1 << a

    def register(self) -> None:
        """Those who know an app may register; a campaign may push anyone to try it once."""
        now = self.now
        for a in bits_of(self.can & ~self.member_before):
            chance = 0.0
            if self.aware >> a & 1:
                felt = self.felt(now.rules.salience * self.terms_for(a)[0], a)
                value = eq.registration_value(
                    now.terms.cells[self.x, a, col.ENTRY],
                    float(self.taste[a]),
                    now.rules.network_effect,
                    self.exposure[a],
                    felt,
                )
                chance = eq.registration_chance(now.rules.registration_rate, now.rules.beta * value)
            u = self.draw(JOIN, a)
            if u < eq.with_campaign(chance, now.terms.try_once[self.region, a]):
                if u >= chance:
                    self.pushed |= 1 << a
                self.enrol(a)

    def enrol(self, a: int) -> None:
        """Write down when and under which offer; receive the gift."""
        now, offer = self.now, self.terms_for(a)[1]
        self.aware |= 1 << a
        self.registered |= 1 << a
        self.joined[a] = now.week
        gift = int(now.terms.gift[self.cr, a])
        if gift != col.NO_OFFER:
            self.gifts |= int(now.terms.bits[gift, 1])
        under = offer if offer != col.NO_OFFER else gift
        self.under[a] = col.UNDER_NONE if under == col.NO_OFFER else min(under, col.UNDER_NONE - 1)
        now.tally.joined[self.block, a, self.cr] += 1

    def use(self) -> None:
        """Which apps to use this week: a fresh choice with probability f, else as last week."""
        now = self.now
        for a in bits_of(self.can & self.registered):
            if now.measure:
                self.feel_surplus(a)
            fresh = not self.member_before >> a & 1
            if self.pushed >> a & 1:
                active = True
            elif (
                not fresh and now.rules.refresh < 1.0 and self.draw(RETHINK, a) >= now.rules.refresh
            ):
                active = bool(self.chosen_before >> a & 1)
            else:
                active = self.draw(USE, a) < eq.sigmoid(now.rules.beta * self.value(a))
            self.uses |= active << a

    def value(self, a: int) -> float:
        """V: what using app a is worth this week, logit."""
        return eq.activity_value(*self.why(a))

    def why(self, a: int) -> tuple[float, ...]:
        """The terms of V in the order of `activity_value`; the explorer shows them."""
        now, cells = self.now, self.now.terms.cells[self.x, a]
        waived, _, bonus = self.terms_for(a)
        h = float(self.habit[a])
        return (
            cells[col.BASE] + bonus,
            float(self.taste[a]),
            now.rules.network_effect,
            self.exposure[a],
            cells[col.STICKY],
            h,
            self.felt(waived, a),
            now.rules.crowding,
            self.crossing - self.exposure[a] * h,
        )

    def feel_surplus(self, a: int) -> None:
        """Consumer surplus of having app a, in money."""
        now = self.now
        worth = eq.inclusive_value(self.value(a), now.rules.beta)
        quarter = int((np.float32(self.pressure) > now.terms.quarters).sum())
        now.tally.surplus[self.block, quarter] += eq.money_of_utility(
            worth, self.pressure, now.rules.reference_price, now.terms.week_mb[a]
        )

    def form_habit(self) -> None:
        """Habit follows use."""
        for a in bits_of(self.registered & ~int(self.now.terms.down[0])):
            self.habit[a] = eq.habit(
                float(self.habit[a]), float(self.uses >> a & 1), self.now.rules.habit_decay
            )

    def communicate(self) -> None:
        """Messages and calls to friends, by app, SMS and phone; the data they take."""
        now = self.now
        text, rest = self.conversations(0, self.uses, now.terms.text[self.carrier])
        now.tally.sms[self.block, self.cr] += now.rules.sms * rest
        minutes = video = [0.0] * now.apps
        self.voice = self.screen = 0
        if now.channels > 1:
            often, shares = int(self.wifi >= 0.5), now.terms.calls[self.carrier]
            if not len(self.state.people.callers) or self.callers:
                self.voice = self.uses & int(now.terms.caps[often, 1, self.x])
                self.screen = self.uses & int(now.terms.caps[often, 2, self.x])
            minutes, phone = self.conversations(1, self.voice, shares)
            video, _ = self.conversations(2, self.screen, shares)
            now.tally.phone[self.block, self.cr] += now.rules.minutes * phone
        self.main, most, self.on_free = now.apps, -1.0, 0
        for a in bits_of(self.uses):
            written = now.rules.messages * text[a]
            now.tally.messages[self.block, a] += written
            if text[a] > most or (text[a] == most and self.habit[a] > self.habit[self.main]):
                self.main, most = a, text[a]
            mb = now.terms.data[a, 0] * written + now.terms.data[a, 3]
            if self.voice >> a & 1:
                seen = min(now.rules.video_share * video[a], minutes[a])
                now.tally.minutes[self.block, a] += now.rules.minutes * minutes[a]
                called = now.rules.minutes * (
                    now.terms.data[a, 1] * (minutes[a] - seen) + now.terms.data[a, 2] * seen
                )
                self.calls[a] += int(eq.kib(called))
                mb += called
            self.on_free |= (self.use_data(a, mb) > 0) << a
        for s, share in enumerate(now.terms.service):
            self.use_data(now.apps + s, share * now.terms.data[now.apps + s, 3])
        now.tally.main[self.block, self.main] += 1

    def conversations(self, channel: int, mine: int, table: Any) -> tuple[list[float], float]:
        """Share of conversations that each app carries, and the rest: friends by what we have in
        common.
        """
        shares, rest = [0.0] * self.now.apps, 0.0
        if mine == 0 or self.share_of_one == 0.0:
            return shares, 1.0
        common: dict[int, float] = {}
        for weight, reached in self.now.friends(self.index, channel):
            common[mine & reached] = common.get(mine & reached, 0.0) + weight
        for apps in sorted(common, reverse=True):
            weight = common[apps] * self.share_of_one
            if weight == 0.0:
                continue
            rest += weight * table[apps, self.now.apps]
            for a in bits_of(apps):
                shares[a] += weight * table[apps, a]
        return shares, rest

    def terms_for(self, t: int) -> tuple[float, int, float]:
        """The best offer for an app: (share waived, offer or NO_OFFER, quality of its function)."""
        terms, bonus = self.now.terms, float(self.now.terms.places[self.cr, t, col.BONUS])
        offers = [int(o) for o in terms.offer[self.cr, t] if o != col.NO_OFFER]
        packs = [
            int(o)
            for o in terms.pack[self.cr, t]
            if o != col.NO_OFFER and self.now.rules.packs and self.packs & int(terms.bits[o, 0])
        ]
        for pack in packs:
            bonus += float(terms.offers[pack, col.BONUS])
        waived, offer = 0.0, offers[0] if offers else col.NO_OFFER
        for o in (*offers, *packs):
            if terms.offers[o, col.WAIVED] > waived and self.room(o) > 0:
                waived, offer = float(terms.offers[o, col.WAIVED]), o
        return waived, offer, bonus

    def room(self, offer: int) -> float:
        """KiB left of an offer's allowance in this bill."""
        pot = int(self.now.terms.offers[offer, col.POT])
        if pot < 0:
            return math.inf
        used = int(self.state.people.pots[self.index, pot])
        return float(self.now.terms.offers[offer, col.ALLOWANCE]) - used

    def use_data(self, t: int, mb: float) -> int:
        """Book the data of one app over Wi-Fi, sponsored, or on the bill; returns the sponsored
        KiB.
        """
        now = self.now
        waived, offer, _ = self.terms_for(t)
        paid = eq.price_paid(self.price, waived, now.terms.places[self.cr, t, col.SURCHARGE])
        mobile = (
            (1.0 - self.wifi)
            * mb
            * eq.volume(paid, now.rules.sensitivity, now.rules.linear, now.rules.choke)
        )
        total, free = int(eq.kib(mobile)), 0
        if waived > 0.0:
            free = int(min(eq.kib(mobile * waived), total, max(self.room(offer), 0)))
            pot = int(now.terms.offers[offer, col.POT])
            if pot >= 0:
                self.state.people.pots[self.index, pot] += free
            now.tally.sponsored[self.block, offer, self.cr] += free
        self.billed += total - free
        if len(self.state.people.sponsored):
            self.sponsored += free
        row = now.tally.data[self.block, t, self.cr]
        row[col.WIFI_KIB] += int(eq.kib(self.wifi * mb))
        row[col.BILL_KIB] += total - free
        row[col.FREE_KIB] += free
        return free

    def be_counted(self) -> None:
        """Add up, and make this week the last one."""
        now = self.now
        self.older = ((self.older << 8) | int(now.after[0, self.index])) & 0xFFFF
        monthly = self.uses | self.used_before | self.older | self.older >> 8
        heads = now.tally.heads[self.block, self.cr]
        for kind, apps in (
            (col.ACTIVE, self.uses),
            (col.REGISTERED, self.registered),
            (col.AWARE, self.aware),
            (col.MONTHLY, monthly & self.registered),
            (col.FREE, self.on_free),
        ):
            heads[kind, apps] += 1
        now.after[0, self.index] = self.uses
        if now.channels > 1:
            now.after[1, self.index], now.after[2, self.index] = self.voice, self.screen
        if len(self.state.people.shown):
            self.state.people.shown[self.index] = (
                0 if self.main == now.apps else self.main + 1,
                self.on_free,
            )


def bits_of(byte: int) -> Iterator[int]:
    """Positions of the bits that are set, from the lowest."""
    return (position for position in range(MAX_MESSENGERS) if byte >> position & 1)
