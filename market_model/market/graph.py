"""Who knows whom, given back to networkx."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..scenario import Scenario
from ..society.graphs import Contacts
from .columns import People

if TYPE_CHECKING:
    import networkx as nx


def graph_of(scenario: Scenario, contacts: Contacts, people: People) -> nx.Graph[Any]:
    """The contacts of a market as a networkx graph.

    Nodes are the ids of the scenario's network (users from 0 without one), with the attributes
    carrier, region and device; ties carry their `weight` where the network has weights.
    """
    import networkx as nx

    society = scenario.society
    network, users = society.graph.network, society.users
    if contacts.complete:
        graph = nx.complete_graph(users)
    else:
        graph = nx.empty_graph(users)
        contacts = contacts.stored()
        owners = np.repeat(np.arange(users), np.diff(contacts.offsets))
        graph.add_edges_from(zip(owners.tolist(), contacts.friends.tolist(), strict=True))
    if network is not None and (amounts := network.amounts) is not None:
        ends = network.ties.tolist()
        weights = {(a, b): w for (a, b), w in zip(ends, amounts.tolist(), strict=True)}
        nx.set_edge_attributes(graph, weights, "weight")
    for name, column, things in (
        ("carrier", people.carrier, list(scenario.carriers)),
        ("region", people.region, list(society.regions)),
        ("device", people.device, list(society.devices)),
    ):
        named = {user: things[place] for user, place in enumerate(column.tolist())}
        nx.set_node_attributes(graph, named, name)
    if network is None or not network.labels:
        return graph
    labels: list[Any] = list(network.labels)
    if all(label.lstrip("-").isdecimal() for label in labels):
        labels = list(map(int, labels))
    return nx.relabel_nodes(graph, dict(enumerate(labels)))
