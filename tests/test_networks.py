"""Networks as programs write them: people, ties and weights come out, or one line says what to do."""

import gzip
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from conftest import awaited
from scipy.io import mmwrite

from market_model.market import Market
from market_model.scenario import ScenarioError, load_scenario
from market_model.scenario.networks import network_from, network_of
from market_model.scenario.notes import notes
from market_model.scenario.sheet import File, Unreadable
from market_model.scenario.society import Network

KARATE = nx.karate_club_graph()  # 34 people, 78 ties, weights 231
LESMIS = nx.les_miserables_graph()  # 77 people with names, 254 ties, weights 820
FLORENCE = nx.florentine_families_graph()  # 15 people with names, 20 ties
EDGES = pd.DataFrame(
    [(a, b, w) for a, b, w in KARATE.edges(data="weight")], columns=["source", "target", "weight"]
)
TOY = "[carriers.red]\nshare = 1\n[apps.chat]\nstart = { registered = 0.2, active = 0.1 }\n"


def read(content: str | bytes, name: str = "net") -> Network:
    return network_of(File(name, content.encode() if isinstance(content, str) else content))


def written(writer: Callable[..., object], graph: nx.Graph, **how: object) -> bytes:
    out = io.BytesIO()
    writer(graph, out, **how)
    return out.getvalue()


def gephi(sep: str = ",") -> str:
    lines = [["Source", "Target", "Type", "Id", "Label", "timeset", "Weight"]]
    for k, (a, b, w) in enumerate(KARATE.edges(data="weight")):
        lines.append([str(a), str(b), "Undirected", str(k), "", "", str(w)])
    return "\n".join(sep.join(line) for line in lines)


def karate(form: str) -> bytes:
    """The karate club's edges, each by a format string with a, b, w and k."""
    edges = KARATE.edges(data="weight")
    return "".join(form.format(a=a, b=b, w=w, k=k) for k, (a, b, w) in enumerate(edges)).encode()


WEIGHTED = {
    "graphml": written(nx.write_graphml, KARATE),
    "gexf": written(nx.write_gexf, KARATE),
    "gexf 1.1": written(nx.write_gexf, KARATE, version="1.1draft"),
    "gexf of Gephi": written(nx.write_gexf, KARATE)
    .replace(b"http://www.gexf.net/1.2draft", b"http://gexf.net/1.3")
    .replace(b'version="1.2"', b'version="1.3"'),
    "gml": written(nx.write_gml, KARATE),
    "pajek": written(nx.write_pajek, KARATE),
    "graphml.gz": gzip.compress(written(nx.write_graphml, KARATE)),
    "matrix market": written(lambda g, out: mmwrite(out, nx.to_scipy_sparse_array(g)), KARATE),
    "edgelist with dicts": written(nx.write_edgelist, KARATE),
    "edgelist with dicts and commas": written(nx.write_edgelist, KARATE, delimiter=","),
    "weighted edgelist": b"source target weight\n" + written(nx.write_weighted_edgelist, KARATE),
    "pandas": EDGES.to_csv(index=False).encode(),
    "pandas with row numbers": EDGES.to_csv().encode(),
    "pandas with floats": EDGES.astype(float).to_csv(index=False).encode(),
    "pandas, tab": EDGES.to_csv(index=False, sep="\t").encode(),
    "Excel in German": EDGES.assign(weight=EDGES.weight + 0.0)
    .to_csv(index=False, sep=";", decimal=",")
    .encode("utf-8-sig"),
    "Excel's Unicode text": EDGES.to_csv(index=False, sep="\t").encode("utf-16"),
    "windows": EDGES.to_csv(index=False, lineterminator="\r\n").encode(),
    "quoted": EDGES.astype(str).to_csv(index=False, quoting=1).encode(),
    "R": b'"","from","to","weight"\n' + karate('"{k}",{a},{b},{w}\n'),
    "R with blanks": b'"from" "to" "weight"\n' + karate("{a} {b} {w}\n"),
    "index first": b"id,source,target,weight\n" + karate("{k},{a},{b},{w}\n"),
    "weight first": b"weight,target,source\n" + karate("{w},{b},{a}\n"),
    "Gephi's edge table": gephi().encode(),
    "Gephi's edge table, semicolons": gephi(";").encode(),
}


@pytest.mark.parametrize("content", WEIGHTED.values(), ids=WEIGHTED)
def test_the_karate_club_has_its_people_ties_and_weights_however_it_is_written(content: bytes):
    network = read(content)
    expected = network_from(KARATE)
    assert (network.users, len(network.ties)) == (34, 78)
    assert network.amounts is not None and network.amounts.sum() == 231
    assert (network.ends, network.weights) == (expected.ends, expected.weights)


PLAIN = {
    "blanks": written(nx.write_edgelist, KARATE, data=False),
    "commas": karate("{a},{b}\n"),
    "commas and blanks": karate("{a}, {b}\n"),
    "semicolons": karate("{a};{b}\n"),
    "pipes": karate("{a}|{b}\n"),
    "many blanks": karate("  {a}    {b}  \n"),
    "trailing": karate("{a},{b},,\n"),
    "SNAP": b"# Nodes: 34 Edges: 78\n# FromNodeId\tToNodeId\n" + karate("{a}\t{b}\r\n"),
    "KONECT": b"% sym unweighted\n" + karate("{a} {b}\n"),
    "with time stamps": karate("{a} {b} 10{k}\n"),
    "names of columns that nobody knows": b"person,friend\n" + karate("{a},{b}\n"),
    "both ways, loops": karate("{a} {b}\n{b} {a}\n{a} {a}\n"),
    "notes that stand in": b"  # a note\n" + karate("{a} {b}\n"),
    "one-based": "".join(f"{a + 1} {b + 1}\n" for a, b in KARATE.edges()).encode(),
    "sparse": "".join(f"{a * 7 + 100},{b * 7 + 100}\n" for a, b in KARATE.edges()).encode(),
    "bz2 of nothing but ties": __import__("bz2").compress(karate("{a} {b}\n")),
}


@pytest.mark.parametrize("content", PLAIN.values(), ids=PLAIN)
def test_ties_without_weights_weigh_the_same(content: bytes):
    network, expected = read(content), network_from(nx.Graph(KARATE.edges()))
    assert (network.users, network.ends, network.weights) == (34, expected.ends, "")


NAMED = {
    "graphml": written(nx.write_graphml, LESMIS),
    "gexf": written(nx.write_gexf, LESMIS),
    "gml": written(nx.write_gml, LESMIS),
    "pajek": written(nx.write_pajek, LESMIS),
    "tab": written(nx.write_weighted_edgelist, LESMIS, delimiter="\t").replace(
        b"", b"source\ttarget\tweight\n", 1
    ),
    "semicolons": (b"source;target;weight\n")
    + written(nx.write_weighted_edgelist, LESMIS, delimiter=";"),
    "quoted": (b'"source","target","weight"\n')
    + "".join(f'"{a}","{b}",{w}\n' for a, b, w in LESMIS.edges(data="weight")).encode(),
    "utf-16": written(nx.write_graphml, LESMIS)
    .decode()
    .replace("encoding='utf-8'", "encoding='utf-16'")
    .encode("utf-16"),
    "dicts": written(nx.write_edgelist, LESMIS),
    "without a header": "".join(f"{a},{b}\n" for a, b in [*FLORENCE.edges()] * 2).encode(),
    "Chinese": "source,target\n张,王\n王,李\n李,张\n".encode("utf-8-sig"),
}


@pytest.mark.parametrize("kind", NAMED)
def test_people_keep_their_names(kind: str):
    graph = {
        "without a header": FLORENCE,
        "Chinese": nx.Graph([*zip("张王李", "王李张", strict=True)]),
    }.get(kind, LESMIS)
    network = read(NAMED[kind])
    assert {*network.labels} == {*graph.nodes} and network.users == len(graph)
    place = {label: i for i, label in enumerate(network.labels)}
    theirs = {frozenset((place[a], place[b])) for a, b in graph.edges()}
    assert {frozenset(tie) for tie in network.ties.tolist()} == theirs
    if graph is LESMIS:
        assert network.amounts is not None and network.amounts.sum() == 820


XML = '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">'
IGRAPH = f"""{XML}
<!-- Created by igraph -->
<key id="v_name" for="node" attr.name="name" attr.type="string"/>
<key id="e_weight" for="edge" attr.name="weight" attr.type="double"/>
<graph id="G" edgedefault="undirected">
<node id="n0"><data key="v_name">Anna</data></node>
<node id="n1"><data key="v_name">Bert</data></node>
<node id="n2"><data key="v_name">Cleo</data></node>
<edge source="n0" target="n1"><data key="e_weight">2</data></edge>
<edge source="n1" target="n2"><data key="e_weight">0.5</data></edge>
</graph></graphml>"""
GRAPH_TOOL = f"""{XML}
<key id="key0" for="node" attr.name="_pos" attr.type="vector_float" />
<key id="key1" for="edge" attr.name="weight" attr.type="double" />
<key id="key2" for="node" attr.name="kind" attr.type="short" />
<graph id="G" edgedefault="undirected" parse.nodeids="canonical" parse.edgeids="canonical" parse.order="nodesfirst">
<node id="n0"><data key="key0">0x1p+0, -0x1.8p+1</data><data key="key2">1</data></node>
<node id="n1"><data key="key0">1, 2</data></node>
<node id="n2"></node>
<edge id="e0" source="n0" target="n1"><data key="key1">2</data></edge>
<edge id="e1" source="n1" target="n2"><data key="key1">0.5</data></edge>
</graph></graphml>"""
YED = f"""{XML}
<key attr.name="Description" attr.type="string" for="graph" id="d0"/>
<key for="port" id="d1" yfiles.type="portgraphics"/>
<key attr.name="url" attr.type="string" for="node" id="d3"/>
<key for="node" id="d5" yfiles.type="nodegraphics"/>
<key for="edge" id="d10" yfiles.type="edgegraphics"/>
<graph edgedefault="directed" id="G"><data key="d0"/>
<node id="n0"><data key="d5"><y:ShapeNode><y:NodeLabel>Anna</y:NodeLabel><y:Shape type="rectangle"/></y:ShapeNode></data></node>
<node id="n1"><data key="d5"><y:ShapeNode><y:NodeLabel>Bert</y:NodeLabel></y:ShapeNode></data></node>
<node id="n2"><data key="d5"><y:ShapeNode><y:NodeLabel>Cleo</y:NodeLabel></y:ShapeNode></data></node>
<edge id="e0" source="n0" target="n1"><data key="d10"><y:PolyLineEdge/></data></edge>
<edge id="e1" source="n1" target="n2"><data key="d10"><y:PolyLineEdge/></data></edge>
</graph></graphml>"""
CYTOSCAPE = f"""{XML}
<key attr.name="shared name" attr.type="string" for="node" id="shared name"/>
<key attr.name="selected" attr.type="boolean" for="node" id="selected"/>
<key attr.name="weight" attr.type="integer" for="edge" id="weight"/>
<key attr.name="groups" attr.type="list" for="node" id="groups"/>
<graph edgedefault="directed" id="net">
<node id="62"><data key="shared name">Anna</data><data key="selected">FALSE</data></node>
<node id="64"><data key="shared name">Bert</data></node>
<node id="71"><data key="groups">[]</data></node>
<edge id="80" source="62" target="64"><data key="weight">2</data></edge>
<edge id="81" source="64" target="71"><data key="weight">1</data></edge>
</graph></graphml>"""


@pytest.mark.parametrize(
    ("text", "labels", "weights"),
    [
        (IGRAPH, ("Anna", "Bert", "Cleo"), [2, 0.5]),
        (GRAPH_TOOL, ("n0", "n1", "n2"), [2, 0.5]),
        (YED, ("Anna", "Bert", "Cleo"), None),
        (CYTOSCAPE, ("62", "64", "71"), [2, 1]),
    ],
    ids=["igraph", "graph-tool", "yEd", "Cytoscape"],
)
def test_graphml_of_other_programs(text: str, labels: tuple[str, ...], weights: list[float] | None):
    network = read(text)
    assert (network.labels, network.ties.tolist()) == (labels, [[0, 1], [1, 2]])
    assert (network.amounts is None) if weights is None else network.amounts.tolist() == weights


BROKEN = {
    "": "holds no tie",
    "2,2": "holds no tie between two people",
    "0\n1\n": "line 1 is '0'; put two people in each line",
    "0,1\n2\n": "put two people|line 2 lacks an end",
    "source,target,weight\n0,1,2\n1,2,\n": "the tie of line 3 a weight that is no number|line 3 lacks",
    "source,target,weight\n0,1,heavy\n": "gives the tie of line 2 a weight that is no number",
    "source,target,weight\n0,1,0\n": "gives the tie of line 2 the weight 0; a weight is a number above 0",
    "source,target,weight\n0,1,-3\n": "gives the tie of line 2 the weight -3",
    "source,target,weight\n0,1,inf\n": "a weight that is no number",
    'source,target\n0,"1\n': 'line 2 has a " without its other half',
    "anna,bert\ncleo,dora\n": r"line 1 \('anna, bert'\) may name two columns or two people; write 'source' and 'target'",
    "row,person,friend\n0,1,2\n1,2,3\n": "line 1 names the columns 'row, person, friend'; call the two",
    "0 1 {'weight': 4\n": "line 1 ends in .*close its braces",
    "0 1 {'weight': 4}\n0 2 {'weight' 4}\n": "line 2 ends in .*close its braces",
    "0 1 0 1 0\n1 0 1 0 1\n": r"line 1 has 5 values; .*matrix",
    '{"nodes": []}': "save the network as GraphML",
    "dl n=4": "save the network as GraphML",
    "<html></html>": "is XML, but neither GraphML nor GEXF",
    XML: "is no graphml that can be read, from line 2 on; open and save it",
    XML + "</graphml>": "holds no graph",
    "*Vertices 2\n1 a\n2 b\n*Edges\n1 x 2\n": "says that it holds 2 people, but names 3; list each",
    "graph [\n node [ id 0 ]\n edge [ source 0 target 5 ]\n]": "is no GML that can be read",
    "%%MatrixMarket matrix coordinate real general\n2 2 9\n1 1\n": "is no Matrix Market that can be read",
    IGRAPH.replace(">2<", ">-2<"): "gives the tie n0–n1 the weight -2",
}


@pytest.mark.parametrize(("text", "told"), BROKEN.items(), ids=[t[:20] for t in BROKEN])
def test_what_cannot_be_read_is_told_in_words_of_the_file(text: str, told: str):
    with pytest.raises(Unreadable, match=told) as error:
        read(text)
    said = str(error.value)
    for inner in ("invalid literal", "could not convert", "usecols", "KeyError", "not well-formed"):
        assert inner not in said
    assert "\n" not in said and len(said) < 300


def test_a_first_tie_with_one_number_is_no_header():
    assert read("b7,2\n0,2\n1,2\n").labels == ("b7", "2", "0", "1")


def test_bytes_of_other_kinds_are_told():
    for content, told in (
        (b"PK\x03\x04rest", "is a workbook or a ZIP"),
        (gzip.compress(b"0 1")[:-3], "is packed, but broken"),
        ("source,target\nM\xfcller,Meier".encode("cp1252"), "line 2 is neither UTF-8 nor UTF-16"),
    ):
        with pytest.raises(Unreadable, match=told):
            read(content)


def test_the_number_of_users_follows_the_file(tmp_path: Path):
    (tmp_path / "les.graphml").write_bytes(NAMED["graphml"])
    toy = tmp_path / "toy.toml"
    toy.write_text(TOY + '[society.graph]\nfamily = "file"\nfile = "les.graphml"\n')
    assert load_scenario(toy).society.users == 77
    assert load_scenario(toy, {"society.users": 77}).society.users == 77
    told = "society.users: is 5,000, but 'les.graphml' holds 77 people; leave it out, or give 77"
    with pytest.raises(ScenarioError, match=told):
        load_scenario(toy, {"society.users": 5000})
    (tmp_path / "own.toml").write_text(
        'extends = "china-2013"\n[society.graph]\nfamily = "file"\nfile = "les.graphml"\n'
    )
    assert load_scenario(tmp_path / "own.toml").society.users == 77
    with pytest.raises(
        ScenarioError, match=r"no such file: 'les.graphm' in .*did you mean 'les.graphml'"
    ):
        load_scenario(toy, {"society.graph.file": "les.graphm"})


def test_notes_say_what_was_left_out():
    (text,) = [PLAIN["both ways, loops"]]
    network = read(text + b"99 99\n", "club.txt")
    scenario = load_scenario("limits/L04-bass")
    graph = scenario.society.graph.model_copy(update={"family": "file", "network": network})
    society = scenario.society.model_copy(update={"graph": graph, "users": network.users})
    said = notes(scenario.model_copy(update={"society": society}))
    assert "'club.txt': 35 people, 78 ties between two of them." in said
    assert "All ties weigh the same." in said
    assert any("with itself: 79" in note for note in said)
    assert any("named before: 78" in note for note in said)
    assert "People without a contact: 1." in said
    assert "Person '0' is user 0, person '99' user 34." in said
    assert len(notes(scenario.model_copy(update={"society": society}), "zh")) == len(said)


def test_python_takes_and_gives_networkx_graphs(tmp_path: Path):
    toy = tmp_path / "toy.toml"
    toy.write_text(TOY)
    scenario = load_scenario(toy, {"weeks": 4}, graph=LESMIS)
    market = Market(scenario, rng=1)
    given = market.to_networkx()
    assert {*given.nodes} == {*LESMIS.nodes} and given.nodes["Valjean"]["carrier"] == "red"
    assert nx.utils.edges_equal(
        given.edges(data=True),
        [(a, b, {"weight": float(d["weight"])}) for a, b, d in LESMIS.edges(data=True)],
    )
    with pytest.raises(ScenarioError, match="the graph holds no tie"):
        load_scenario(toy, graph=nx.empty_graph(4))
    grown = Market(load_scenario(toy, {"society.users": 60}), rng=1)
    assert grown.to_networkx().number_of_edges() * 2 == len(grown.contacts.friends)
    back = load_scenario(toy, graph=grown.to_networkx())
    assert np.array_equal(Market(back, rng=1).contacts.friends, grown.contacts.friends)


def test_a_broken_network_in_a_scenario_file_is_told(tmp_path: Path):
    toy = tmp_path / "toy.toml"
    for ends in ("AAAA", "!", "", "AAAAAAkAAAA="):
        toy.write_text(
            TOY + f'[society.graph]\nfamily="file"\nnetwork={{users=2, ends="{ends}"}}\n'
        )
        with pytest.raises(ScenarioError, match="is not the network that was written"):
            load_scenario(toy)


def test_a_scenario_without_files_loads_no_library():
    check = (
        "from market_model.scenario import load_scenario; load_scenario('china-2013'); import sys; "
        "assert not {'numpy', 'pandas', 'networkx'} & {*sys.modules}"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


def test_the_drawer_says_what_of_a_file_was_not_read(tmp_path: Path, monkeypatch):
    from starlette.requests import Request

    from market_model.explorer import fields, place

    (tmp_path / "club.txt").write_bytes(PLAIN["both ways, loops"])
    toy = tmp_path / "toy.toml"
    toy.write_text(TOY + '[society.graph]\nfamily = "file"\nfile = "club.txt"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(place, "OPENED", ["toy.toml"])
    query = b"story=toy.toml&lang=zh"
    answer = awaited(
        fields.fields(
            Request(
                {
                    "type": "http",
                    "query_string": query,
                    "path": "/",
                    "headers": [],
                    "server": ("127.0.0.1", 80),
                    "scheme": "http",
                    "method": "GET",
                }
            )
        )
    )
    assert "club.txt" in bytes(answer.body).decode()
