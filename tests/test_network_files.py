"""Networks as networkx and igraph themselves write them: ten graphs in every format they have."""

from collections.abc import Callable
from pathlib import Path

import igraph
import networkx as nx
import numpy as np
import pytest

from market_model.scenario.networks import network_of
from market_model.scenario.sheet import File, Unreadable
from market_model.scenario.society import Network


def weighted(graph: nx.Graph, unit: float = 1.0) -> nx.Graph:
    for k, (*_, data) in enumerate(graph.edges(data=True)):
        data["weight"] = unit * (1 + k * 7 % 9)
    return graph


WOMEN = nx.Graph(nx.davis_southern_women_graph().edges())
ATTRIBUTES = weighted(nx.barabasi_albert_graph(60, 2, seed=3), 0.125)
nx.set_node_attributes(
    ATTRIBUTES,
    {n: {"age": n / 3, "student": n % 2 == 0, "city": 'Köln, "Dom"'} for n in ATTRIBUTES},
)
GRAPHS = {
    "karate club": nx.karate_club_graph(),
    "names": nx.les_miserables_graph(),
    "names without weights": nx.florentine_families_graph(),
    "names with blanks": WOMEN,
    "directed": weighted(nx.gn_graph(40, seed=2)),
    "parts": nx.disjoint_union(nx.petersen_graph(), nx.cycle_graph(5)),
    "loops": nx.Graph([(0, 0), (0, 1), (1, 2), (2, 2)]),
    "letters": nx.path_graph(list("abcdefghijklmnop")),
    "attributes": ATTRIBUTES,
    "Chinese": nx.Graph([("张 三", "李 四"), ("李 四", "王 五"), ("王 五", "O'Neil & <Söhne>")]),
}


def igraph_of(graph: nx.Graph) -> igraph.Graph:
    place = {node: i for i, node in enumerate(graph)}
    made = igraph.Graph(n=len(graph), directed=graph.is_directed())
    made.vs["name"] = [str(node) for node in graph]
    made.add_edges([(place[a], place[b]) for a, b in graph.edges()])
    weights = [data.get("weight") for *_, data in graph.edges(data=True)]
    if None not in weights:
        made.es["weight"] = [float(weight) for weight in weights]
    return made


def by_igraph(name: str) -> Callable[[nx.Graph, str], object]:
    return lambda graph, path: getattr(igraph_of(graph), f"write_{name}")(path)


WRITERS: dict[str, Callable[[nx.Graph, str], object]] = {
    "GraphML of networkx": nx.write_graphml,
    "GEXF of networkx": nx.write_gexf,
    "GML of networkx": lambda graph, path: nx.write_gml(graph, path, stringizer=str),
    "Pajek of networkx": nx.write_pajek,
    "edge list of networkx": lambda graph, path: nx.write_edgelist(graph, path, delimiter="\t"),
    "GraphML of igraph": by_igraph("graphml"),
    "packed GraphML of igraph": by_igraph("graphmlz"),
    "GML of igraph": by_igraph("gml"),
    "Pajek of igraph": by_igraph("pajek"),
}


def read(path: Path) -> Network:
    return network_of(File(path.name, path.read_bytes()))


@pytest.mark.filterwarnings("ignore:Node attribute")
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("name", GRAPHS)
def test_people_ties_and_weights_come_back(name: str, writer: str, tmp_path: Path):
    graph, path = GRAPHS[name], tmp_path / "net"
    WRITERS[writer](graph, str(path))
    network, plain = read(path), nx.Graph(graph)
    plain.remove_edges_from(list(nx.selfloop_edges(plain)))
    labels = network.labels or tuple(map(str, range(network.users)))
    assert {*labels} == {str(node) for node in graph}
    amounts = np.ones(len(network.ties)) if network.amounts is None else network.amounts
    ties = {
        frozenset((labels[a], labels[b])): weight
        for (a, b), weight in zip(network.ties, amounts, strict=True)
    }
    expected = {
        frozenset((str(a), str(b))): weight
        for a, b, weight in plain.edges(data="weight", default=1)
    }
    assert ties == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "writer", "says"),
    [
        ("names with blanks", nx.write_edgelist, "more than two words; part ids that hold blanks"),
        ("Chinese", nx.write_edgelist, "put two people in each line"),
        ("karate club", nx.write_adjlist, "line 4 .*put two people in each line"),
        ("karate club", by_igraph("lgl"), "line 18 is '# 1', as LGL files name a person"),
        ("karate club", by_igraph("dot"), "in a format that is not read here"),
        ("karate club", by_igraph("leda"), "in a format that is not read here"),
        (
            "karate club",
            lambda graph, path: igraph_of(graph).write_dimacs(path, 0, 1, [1] * 78),
            "in a format that is not read here",
        ),
    ],
)
def test_other_formats_are_refused_with_a_remedy(name: str, writer, says: str, tmp_path: Path):
    writer(GRAPHS[name], str(tmp_path / "net"))
    with pytest.raises(Unreadable, match=says):
        read(tmp_path / "net")


def test_igraphs_edge_lists_have_numbers_for_names(tmp_path: Path):
    igraph_of(GRAPHS["names"]).write_edgelist(str(tmp_path / "net"))
    assert (read(tmp_path / "net").users, read(tmp_path / "net").labels) == (77, ())


def test_a_third_column_without_a_name_is_left_out_and_said(tmp_path: Path):
    igraph_of(GRAPHS["karate club"]).write_ncol(str(tmp_path / "net"))
    assert read(tmp_path / "net").left_out == ("3",)
