"""Graph families for large societies: networkx's generators under their names, compiled or
vectorised.

Every builder returns ties, shape (ties, 2), int32, each tie once and in no order, of users
0…users−1. All chance comes from the generator `seed`. `users` must be well above the degree (say 20
times).
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

type Ties = NDArray[np.int32]
type Users = NDArray[np.int32]
type Places = NDArray[np.int64]

# draws for a friend's friend that is not yet a friend; then a preferential tie is made instead
TRIES = 32


@njit(cache=True)
def powerlaw_cluster_graph(
    users: int, links: int, triangles: float, seed: np.random.Generator
) -> Ties:
    """Growing graph with preferential ties and triangles (Holme & Kim 2002, Phys. Rev. E 65,
    026107).

    Each newcomer makes `links` ties: the first to a user drawn in proportion to degree, each
    further one with chance `triangles` to a random friend of that user, else again by degree. With
    `triangles` = 0 this is the scale-free graph of Barabási & Albert 1999 (Science 286, 509).
    networkx's builder takes its targets
    in hash order, which favours the oldest: degrees differ by a Kolmogorov–Smirnov distance of
    0.02.
    """
    ties = np.empty(((users - links) * links, 2), np.int32)
    # Friend lists in one pool. A full list moves to the end and doubles, so all fit in 5 times the
    # tie ends.
    pool = np.empty(10 * users * links, np.int32)
    room = np.full(users, 2 * links, np.int64)
    start = np.arange(users) * (2 * links)
    size = np.zeros(users, np.int64)
    top = users * 2 * links
    made = 0
    for newcomer in range(links, users):
        first, target = made, -1
        for nth in range(links):
            friend = -1
            if nth > 0 and seed.random() < triangles:
                friend = _friend_of(target, newcomer, ties[first:made, 1], pool, start, size, seed)
            if friend < 0:
                target = friend = _by_degree(links, ties[:first], ties[first:made, 1], seed)
            ties[made, 0], ties[made, 1] = newcomer, friend
            made += 1
            top = _note(newcomer, friend, pool, start, size, room, top)
            top = _note(friend, newcomer, pool, start, size, room, top)
    return ties


def barabasi_albert_graph(users: int, links: int, seed: np.random.Generator) -> Ties:
    """Growing graph with preferential ties only."""
    return powerlaw_cluster_graph(users, links, 0.0, seed)


@njit(cache=True)
def _by_degree(founders: int, ties: Ties, taken: Users, rng: np.random.Generator) -> int:
    """A user drawn in proportion to degree; founders count one more, or nobody would find them."""
    while True:
        end = int(rng.random() * (founders + 2 * len(ties)))
        user = end
        if end >= founders:
            user = ties[(end - founders) // 2, (end - founders) % 2]
        if user not in taken:
            return user


@njit(cache=True)
def _friend_of(
    target: int,
    newcomer: int,
    taken: Users,
    pool: Users,
    start: Places,
    size: Places,
    rng: np.random.Generator,
) -> int:
    """A random friend of `target` whom the newcomer does not know yet, or −1."""
    for _ in range(TRIES):
        friend = int(pool[start[target] + int(rng.random() * size[target])])
        if friend != newcomer and friend not in taken:
            return friend
    return -1


@njit(cache=True)
def _note(
    user: int, friend: int, pool: Users, start: Places, size: Places, room: Places, top: int
) -> int:
    """Append to a user's friend list; returns the end of the used pool."""
    if size[user] == room[user]:
        pool[top : top + size[user]] = pool[start[user] : start[user] + size[user]]
        start[user] = top
        room[user] *= 2
        top += room[user]
    pool[start[user] + size[user]] = friend
    size[user] += 1
    return top


@njit(cache=True)
def watts_strogatz_graph(users: int, degree: int, rewire: float, seed: np.random.Generator) -> Ties:
    """Ring of `degree`/2 neighbours on each side; each tie is rewired with chance `rewire`.

    Watts & Strogatz 1998 (Nature 393, 440). With `rewire` = 0 it is the ring lattice.
    """
    reach = degree // 2
    # each tie stands in the row of the user that keeps it
    own = np.empty((users, reach), np.int32)
    for user in range(users):
        for step in range(reach):
            own[user, step] = (user + step + 1) % users
    for step in range(reach):
        for user in range(users):
            if seed.random() >= rewire:
                continue
            other = user
            while other == user or other in own[user] or user in own[other]:
                other = int(seed.random() * users)
            own[user, step] = other
    ties = np.empty((users * reach, 2), np.int32)
    for user in range(users):
        for step in range(reach):
            ties[user * reach + step, 0] = user
            ties[user * reach + step, 1] = own[user, step]
    return ties


def fast_gnp_random_graph(users: int, chance: float, seed: np.random.Generator) -> Ties:
    """Every pair is tied with the same chance (Gilbert 1959, Ann. Math. Stat. 30, 1141)."""
    pairs = users * (users - 1) // 2
    pair = seed.choice(pairs, seed.binomial(pairs, chance), replace=False, shuffle=False)
    later = ((1 + np.sqrt(1 + 8 * pair)) / 2).astype(np.int64)  # exact below 2^53: up to 4e7 users
    return np.stack([pair - later * (later - 1) // 2, later], axis=1).astype(np.int32)


def random_regular_graph(degree: int, users: int, seed: np.random.Generator) -> Ties:
    """Every user has `degree` contacts: random pairing of tie ends (Bollobás 1980, Eur. J. Comb. 1,
    311).

    Loops and double ties are shuffled anew together with as many sound ties, until none is left.
    """
    ends = np.repeat(np.arange(users, dtype=np.int32), degree)
    ties = seed.permutation(ends).reshape(-1, 2)
    while len(bad := _loops_and_doubles(ties, users)):
        again = np.union1d(bad, seed.integers(len(ties), size=len(bad)))
        ties[again] = seed.permutation(ties[again].ravel()).reshape(-1, 2)
    return ties


def _loops_and_doubles(ties: Ties, users: int) -> NDArray[np.int64]:
    codes = ties.min(axis=1).astype(np.int64) * users + ties.max(axis=1)
    order = np.argsort(codes)
    doubles = order[1:][np.diff(codes[order]) == 0]
    return np.union1d(doubles, np.flatnonzero(ties[:, 0] == ties[:, 1]))
