"""Who knows whom: the families of `[society.graph]` as contact lists.

Up to NETWORKX_LIMIT users the families come from networkx's generators; beyond, from their compiled
namesakes in `fast`. networkx, numba and scipy are imported only when they are needed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..scenario.errors import ScenarioError
from ..scenario.society import Graph, Society
from .implicit import NO_CONTACT_RULE, ContactRule, rule_of
from .memory import stores_contacts

type Ties = NDArray[np.int32]

NETWORKX_LIMIT = 50_000  # users; beyond it networkx takes more than some seconds
FAST_ROOM = 20  # users per contact: the fast builders draw until a tie is new


class Contacts(NamedTuple):
    """Contact lists of n users, mutual, without loops and doubles.

    Attributes:
        offsets: (n + 1,) int64; the contacts of user i stand at offsets[i]:offsets[i + 1].
        friends: (entries,) int32, ascending within a user.
        weights: (entries,) float32, sum 1 within a user; empty when all contacts of a user weigh
            the same.
        complete: everybody knows everybody; then offsets are 0 and nothing is stored.
        rule: how contacts are computed, where they are not stored; then there are no offsets.
    """

    offsets: NDArray[np.int64]
    friends: NDArray[np.int32]
    weights: NDArray[np.float32]
    complete: bool
    rule: ContactRule = NO_CONTACT_RULE

    @property
    def computed(self) -> bool:
        return self.rule.slots > 0

    def of(self, user: int) -> NDArray[np.int32]:
        """The contacts of a user, ascending; empty in a complete graph."""
        if not self.computed:
            return self.friends[self.offsets[user] : self.offsets[user + 1]]
        from .computed import friends_of

        return friends_of(self.rule, user)

    def stored(self) -> Contacts:
        """The same contacts as lists."""
        if not self.computed:
            return self
        from .computed import all_lists

        return Contacts(*all_lists(self.rule), self.weights, False)


def heads_of(society: Society) -> NDArray[np.int64]:
    """Simulated people of each region by its share, shape (R,)."""
    shares = np.array(list(society.regions.values()))
    edges = np.rint(np.cumsum(shares) / shares.sum() * society.users).astype(np.int64)
    return np.diff(edges, prepend=0)


def build_contacts(
    graph: Graph, regions: NDArray[np.uint8], seed: int, beside: float = 0.0
) -> Contacts:
    """The contact lists of a scenario; the same seed gives the same lists.

    With several regions and `by_region`, each region is built by itself with mean degree (1 −
    across) × degree, by random ties added or dropped where a family knows whole degrees only, and
    joined to the others by random ties. In a region too small for that degree everybody knows
    everybody. Blocks are such a society of random graphs, the stochastic block model (Holland,
    Laskey & Leinhardt 1983, Social Networks 5, 109); other sources stand in `fast`.

    Args: regions: (n,) region of each user. Where they do not ascend, people are sorted by region,
    joined, and given back their places. beside: bytes that all else of the market will take.
    """
    users = len(regions)
    if graph.family == "complete":
        return Contacts(
            np.zeros(users + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), True
        )
    if graph.family == "file":
        if graph.network is None:
            raise ScenarioError(
                "scenario", "society.graph.file", "was not read; load_scenario does"
            )
        return _contacts(graph.network.ties, graph.network.amounts, users)
    grown = _kept if users <= NETWORKX_LIMIT else _grown
    if np.any(regions[1:] < regions[:-1]):
        order = np.argsort(regions, kind="stable").astype(np.int32)
        sorted_ = grown(graph, tuple(np.bincount(regions).tolist()), seed).stored()  # pyright: ignore[reportArgumentType]
        owners = np.repeat(order, np.diff(sorted_.offsets))
        ties = np.stack([owners, order[sorted_.friends]], axis=1)
        return _contacts(ties[ties[:, 0] < ties[:, 1]], None, users)
    store = stores_contacts(graph, users, beside)
    return grown(graph, tuple(np.bincount(regions).tolist()), seed, store)  # pyright: ignore[reportArgumentType]  frozen tables have a hash


def _grown(graph: Graph, heads: tuple[int, ...], seed: int, store: bool = True) -> Contacts:
    """Contact lists of people in regions of so many heads. Args: store: "implicit" ones, too."""
    if graph.family == "implicit":
        rule = rule_of(graph, np.array(heads), seed)
        computed = Contacts(
            np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32), False, rule
        )
        return computed.stored() if store else computed
    rng, users = np.random.default_rng(seed), sum(heads)
    sizes = np.array([n for n in heads if n > 0])
    if len(sizes) > 1 and (graph.by_region or graph.family == "blocks"):
        return _contacts(_joined_regions(graph, sizes, rng), None, users)
    return _contacts(_one_family(graph, users, graph.degree, users, rng), None, users)


_kept = lru_cache(maxsize=16)(_grown)
"""The same, kept for twins and for the lucks of a comparison, which come back with each of its
variants: growing a small society takes a fifth of a run.
"""


def _joined_regions(graph: Graph, sizes: NDArray[np.int64], rng: np.random.Generator) -> Ties:
    users = int(sizes.sum())
    degree = (1 - graph.across) * graph.degree
    parts: list[Ties] = []
    start = 0
    for size in sizes.tolist():
        ties = _one_family(graph, size, degree, users, rng)
        wanted = min(round(size * degree / 2), size * (size - 1) // 2)
        parts.append(_adjusted(ties, wanted, size, rng) + np.int32(start))
        start += size
    parts.append(_ties_across(sizes, round(users * graph.across * graph.degree / 2), rng))
    return np.concatenate(parts)


def _adjusted(ties: Ties, wanted: int, users: int, rng: np.random.Generator) -> Ties:
    """Random ties dropped or added. An added tie that exists already is lost, which is rare."""
    missing = wanted - len(ties)
    if missing <= 0:
        return ties[rng.choice(len(ties), wanted, replace=False)]
    one = rng.integers(users, size=missing)
    other = rng.integers(users - 1, size=missing)
    other += other >= one
    return np.concatenate([ties, np.stack([one, other], axis=1).astype(np.int32)])


def _ties_across(sizes: NDArray[np.int64], wanted: int, rng: np.random.Generator) -> Ties:
    """Distinct pairs from different regions, each as likely: pairs are numbered, the numbers
    drawn.
    """
    ends = np.cumsum(sizes)
    starts = ends - sizes
    later = ends[-1] - ends  # people in the regions that follow
    last_pair = np.cumsum(sizes * later)
    pair = rng.choice(last_pair[-1], min(wanted, last_pair[-1]), replace=False, shuffle=False)
    region = np.searchsorted(last_pair, pair, side="right")
    pair -= (last_pair - sizes * later)[region]
    one = starts[region] + pair // later[region]
    return np.stack([one, ends[region] + pair % later[region]], axis=1).astype(np.int32)


def _one_family(
    graph: Graph, users: int, degree: float, society: int, rng: np.random.Generator
) -> Ties:
    """Ties among `users` people of a society of `society` users."""
    if users < 2 or degree <= 0:
        return np.empty((0, 2), np.int32)
    if users <= degree + 1:
        return np.stack(np.triu_indices(users, 1), axis=1).astype(np.int32)
    if society > NETWORKX_LIMIT and users > FAST_ROOM * (degree + 1):
        from . import fast

        return _family(graph, users, degree, fast, rng)
    import networkx as nx

    made: nx.Graph[Any] = _family(graph, users, degree, nx, int(rng.integers(2**32)))
    return np.array(list(made.edges()), np.int32).reshape(-1, 2)


def _family(graph: Graph, users: int, degree: float, makers: Any, seed: Any) -> Any:
    """What networkx's generator of a family makes, or its namesake in `fast`."""
    half = max(1, round(degree / 2))
    match graph.family:
        case "holme-kim":
            return makers.powerlaw_cluster_graph(users, half, graph.triangles, seed=seed)
        case "scale-free":
            return makers.barabasi_albert_graph(users, half, seed=seed)
        case "small-world" | "ring-lattice":
            return makers.watts_strogatz_graph(
                users, 2 * half, graph.rewire if graph.family == "small-world" else 0.0, seed=seed
            )
        case "regular":
            return makers.random_regular_graph(_whole_degree(users, degree), users, seed=seed)
        case "random" | "blocks":
            return makers.fast_gnp_random_graph(users, degree / (users - 1), seed=seed)
        case _:
            raise ValueError(f"nothing here builds a graph of the family '{graph.family}'")


def _whole_degree(users: int, degree: float) -> int:
    """The sum of degrees is even: an odd number of users cannot have an odd degree each."""
    whole = max(1, round(degree))
    return whole + users * whole % 2


def _contacts(ties: Ties, weights: NDArray[np.float64] | None, users: int) -> Contacts:
    """Contact lists of ties; one that stands twice counts once."""
    if weights is None:
        from .lists import contact_lists

        offsets, friends = contact_lists(np.ascontiguousarray(ties, np.int32), users)
        return Contacts(offsets, friends, np.empty(0, np.float32), False)
    from scipy.sparse import coo_array

    apart = ties[:, 0] != ties[:, 1]
    ties, amounts = ties[apart], np.tile(weights[apart], 2)
    table = coo_array(
        (amounts, (ties.T.ravel(), ties[:, ::-1].T.ravel())), shape=(users, users)
    ).tocsr()
    offsets = table.indptr.astype(np.int64)
    return Contacts(offsets, table.indices.astype(np.int32), _shares(table.data, offsets), False)


def _shares(weights: NDArray[Any], offsets: NDArray[np.int64]) -> NDArray[np.float32]:
    """Weights divided by their sum within a user; empty if they are the same within every user."""
    owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    if np.array_equal(weights, weights[offsets[owners]]):
        return np.empty(0, np.float32)
    return (weights / np.bincount(owners, weights)[owners]).astype(np.float32)
