"""Friends that are computed, not stored: the family "implicit".

People stand in communities, runs of neighbours in a region. A person's contacts are the members of
small circles (a household of neighbours; a class, whose members a permutation of the community
picks) and, for each of some permutations π of the community or of everybody, the two people π(x)
and π⁻¹(x). So contacts are mutual, and both ends compute the same tie. A permutation of n people is
a Feistel network of ROUNDS rounds on the cells of a table of at least n cells (Luby & Rackoff 1988,
SIAM J. Comput. 17, 373), walked until it meets a person (Black & Rogaway 2002, CT-RSA); `computed`
computes it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..scenario.society import Graph

ROUNDS = 4
LANES = 256
"""People whose contacts are computed together."""
MOST = 64
"""Contacts of a person that are computed at most."""


class ContactRule(NamedTuple):
    """How contacts are computed.

    Attributes:
        starts: (communities + 1,) int64: community g is the people starts[g] … starts[g + 1] − 1.
        circles: sizes of circles, int64; the first is of neighbours, the others of a permutation.
        shares: of each further permutation, what part of its ties there is, in 2⁻³² (uint32);
            the last `far` of them are of everybody.
        keys: (circles − 1 + shares, ROUNDS) uint32.
        slots: contacts that a person has at most.
    """

    starts: NDArray[np.int64]
    circles: NDArray[np.int64]
    shares: NDArray[np.uint32]
    keys: NDArray[np.uint32]
    far: int
    slots: int


NO_CONTACT_RULE = ContactRule(
    np.zeros(1, np.int64),
    np.zeros(0, np.int64),
    np.zeros(0, np.uint32),
    np.zeros((0, ROUNDS), np.uint32),
    0,
    0,
)
"""Contacts are stored."""


class ContactPlan(NamedTuple):
    """Mean contacts by kind, and the communities: what a graph's fields come to.

    Attributes: starts: as of `ContactRule`. circles: contacts in circles. near: by permutations of
    the community. far: by permutations of everybody.
    """

    starts: NDArray[np.int64]
    circles: float
    near: float
    far: float


def plan(graph: Graph, heads: NDArray[np.int64]) -> ContactPlan:
    """The communities of a society and the mean contacts of each kind.

    A region is one community, or several of like size where it has more than `community` people.
    Of all contacts the share `across` leads to another region: so many permutations of everybody
    are taken that those of their ties which end in the own region do not count for it.

    Args: heads: people of each region, in order.
    """
    users = int(heads.sum())
    heads = heads[heads > 0] if graph.by_region else np.array([users])
    ends = np.cumsum(heads)
    starts = [
        end - n + n * np.arange(parts := -(-n // graph.community)) // parts
        for n, end in zip(heads.tolist(), ends.tolist(), strict=True)
    ]
    edges = np.concatenate([*starts, [users]]).astype(np.int64)
    people = np.diff(edges).astype(float)
    circles = sum(float(_in_circles(people, size).sum()) for size in graph.circles) / users
    outside = 1.0 - float(((heads / users) ** 2).sum()) if len(heads) > 1 else 1.0
    far = graph.across * graph.degree / outside if len(people) > 1 else 0.0
    return ContactPlan(edges, circles, graph.degree - circles - far, far)


def _in_circles(people: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Ends of ties in circles of a size, by community; the last circle may be smaller."""
    rest = people % size
    return (people - rest) * (size - 1) + rest * (rest - 1)


def rule_of(graph: Graph, heads: NDArray[np.int64], seed: int) -> ContactRule:
    """The rule of a graph; the same seed gives the same friends. Args: as of `plan`."""
    made = plan(graph, heads)
    near, far = _thinned(made.near), _thinned(made.far)
    permutations = len(graph.circles[1:]) + len(near) + len(far)
    words = np.random.SeedSequence(seed).generate_state(permutations * ROUNDS)
    return ContactRule(
        made.starts,
        np.array(graph.circles, np.int64),
        np.array([*near, *far], np.uint32),
        words.astype(np.uint32).reshape(-1, ROUNDS),
        len(far),
        sum(size - 1 for size in graph.circles) + 2 * (len(near) + len(far)),
    )


def _thinned(contacts: float) -> list[int]:
    """Shares of ties, in 2⁻³², of permutations that give so many contacts together."""
    whole, rest = divmod(max(contacts, 0.0) / 2, 1.0)
    parts = [1.0] * int(whole) + [rest] * (rest > 1e-9)
    return [min(round(part * 2**32), 2**32 - 1) for part in parts]


def expected_clustering(graph: Graph, heads: NDArray[np.int64]) -> float:
    """Of a person's pairs of contacts, the share that know each other, by theory: those of one
    circle, and chance in the community.
    """
    made = plan(graph, heads)
    pairs = graph.degree * (graph.degree - 1)
    closed = sum((size - 1) * (size - 2) for size in graph.circles)
    people = float(np.diff(made.starts).mean())
    local = made.circles + made.near
    chance = (local * (local - 1) - closed) * min(1.0, local / people)
    return min(1.0, (closed + chance) / pairs) if pairs > 0 else 0.0
