"""Numbers of users as Excel, R and pandas write them: read rightly, or refused with their line."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from market_model.market import Market
from market_model.scenario import ScenarioError, load_scenario

USERS = 40
VALUES = np.random.default_rng(3).lognormal(-0.6, 0.5, USERS).round(3)
TABLE = pd.DataFrame({"id": range(USERS), "pressure": VALUES})
SHUFFLED = TABLE.sample(frac=1, random_state=1)
TOY = f"""
[society]
users = {USERS}
regions = {{ north = 0.5, south = 0.5 }}
devices.old = {{ share = 0.5 }}
devices.new = {{ share = 0.5, generation = "lte" }}
[carriers.red]
share = 0.5
[carriers.blue]
share = 0.5
[apps.chat]
start = {{ registered = 0.2, active = 0.1 }}
"""


def r_table(sep: str) -> str:
    """As R's write.table does: names of rows, and no name above them."""
    return "\n".join(['"pressure"', *(f'"{k + 1}"{sep}{v}' for k, v in enumerate(VALUES))])


READ: dict[str, str | bytes] = {
    "pandas": TABLE.to_csv(index=False),
    "row numbers of pandas": TABLE[["pressure"]].to_csv(),
    "row numbers, shuffled": SHUFFLED[["pressure"]].to_csv(),
    "German": TABLE.to_csv(index=False, sep=";", decimal=","),
    "German, shuffled": SHUFFLED.to_csv(index=False, sep=";", decimal=","),
    "one column": TABLE[["pressure"]].to_csv(index=False),
    "one column with decimal commas": TABLE[["pressure"]].to_csv(index=False).replace(".", ","),
    "quoted decimal commas": TABLE.astype(str).to_csv(index=False, quoting=1).replace(".", ","),
    "tab": TABLE.to_csv(index=False, sep="\t"),
    "tab with decimal commas": TABLE.to_csv(index=False, sep="\t", decimal=","),
    "CSV UTF-8": TABLE[["pressure", "id"]].to_csv(index=False).encode("utf-8-sig"),
    "Unicode text": TABLE.to_csv(index=False, sep="\t").encode("utf-16"),
    "Windows": TABLE.to_csv(index=False, lineterminator="\r\n"),
    "old Mac": TABLE.to_csv(index=False, lineterminator="\r"),
    "sep=": "sep=;\n" + TABLE.to_csv(index=False, sep=";"),
    "trailing separators": TABLE.to_csv(index=False).replace("\n", ",,\n") + ",,,\n,,,\n",
    "percent": "id,pressure\n" + "".join(f"{k},{v * 100:.1f}%\n" for k, v in enumerate(VALUES)),
    "German percent": "id;pressure\n"
    + "".join(f"{k};{v * 100:.1f} %\n".replace(".", ",") for k, v in enumerate(VALUES)),
    "shuffled ids": SHUFFLED.to_csv(index=False),
    "ids from one": TABLE.assign(id=TABLE.id + 1)
    .sample(frac=1, random_state=2)
    .to_csv(index=False),
    "sparse ids": SHUFFLED.assign(id=SHUFFLED.id * 10 + 3).to_csv(index=False),
    "floats for ids": SHUFFLED.assign(id=SHUFFLED.id.astype(float)).to_csv(index=False),
    "names for ids": SHUFFLED.assign(id=[f"u{k:03}" for k in SHUFFLED.id]).to_csv(index=False),
    "R": '"","pressure"\n' + "".join(f'"{k + 1}",{v}\n' for k, v in enumerate(VALUES)),
    "R's table": r_table(" "),
    "R's table with tabs": r_table("\t"),
    "R's table with commas": r_table(","),
    "R's csv2": '"";"pressure"\n'
    + "".join(f'"{k + 1}";{v}\n'.replace(".", ",") for k, v in enumerate(VALUES)),
}


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., object]:
    def load(content: str | bytes, field: str = "parameters.price_pressure", column="pressure"):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "users.csv").write_bytes(data)
        (tmp_path / "toy.toml").write_text(TOY)
        given = {f"{field}.csv": "users.csv", f"{field}.column": column}
        return load_scenario(tmp_path / "toy.toml", given)

    return load


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_the_same_numbers_come_out_however_they_are_written(content, load):
    values = load(content).parameters.price_pressure.values
    assert values == pytest.approx(VALUES, abs=1e-12)


def without(line: int, text: str) -> str:
    lines = TABLE.to_csv(index=False).splitlines()
    lines[line - 1] = text
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (without(9, "7,"), "'users.csv' column 'pressure', line 9 has no value; fill it in"),
        (without(9, "7,NA"), r"column 'pressure', line 9 has no value; fill it in \('NA'\)"),
        (without(9, "7"), "line 9 has no value"),
        (without(9, "7,much"), "line 9 has 'much'; it needs a number"),
        (without(9, "7,1_000"), "line 9 has '1_000'; it needs a number"),
        (without(9, "7,inf"), "line 9 has 'inf'; it needs a number"),
        (without(9, "7,-0.5"), "column 'pressure', line 9 has -0.5; it goes from 0 to 1e"),
        (without(9, "7,1e308"), r"line 9 has 1e\+308; it goes from 0"),
        (without(9, "7,0,5"), "line 9 has 3 values for 2 columns; if the comma is your decimal"),
        (without(9, '7,"0,5"'), "line 9 has '0,5', line 2 a decimal point; write all numbers with"),
        (without(9, "6,0.5"), "line 9 has the id '6' again; give each user one row"),
        (without(9, ",0.5"), "line 9 has the id ''; give each user one row"),
        (without(9, '7,"0.5'), 'line 9 has a " without its other half'),
        ("\n".join(TABLE.to_csv(index=False).splitlines()[:31]), "has 30 rows for 40 users; give one"),
        ("pressure\n" + '"1,234"\n' * USERS, "column 'pressure'|thousands"),
        ('id,pressure\n' + "".join(f'{k},"1,234"\n' for k in range(USERS)), "may be thousands or decimals"),
        (TABLE.to_csv(index=False).replace("pressure", "presure"), "did you mean 'presure'"),
        ("", "is empty"),
        (b"PK\x03\x04", "is a workbook"),
        ("prix,pressure\n\xe9,1\n".encode("latin-1"), "line 2 is neither UTF-8 nor UTF-16"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(content, told, load):
    if content == "pressure\n" + '"1,234"\n' * USERS:
        assert {*load(content).parameters.price_pressure.values} == {1.234}
        return
    with pytest.raises(ScenarioError, match=told) as error:
        load(content)
    assert error.value.field.startswith("parameters.price_pressure.")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("society.wifi", 1.5, "line 4 has 1.5; it goes from 0 to 1"),
        ("society.carrier", 0.7, "line 4 has '0.7'; give a name, or a number from 0 to 1"),
        ("society.carrier", "blu", "did you mean 'blue'?"),
        ("society.region", 2, "line 4 has '2'; give a name, or a number from 0 to 1"),
        ("society.device", "newer", "did you mean 'new'?"),
        ("apps.chat.taste", 1e308, r"line 4 has 1e\+308; it goes from -1e\+07"),
        ("apps.chat.threshold", 1.2, "line 4 has 1.2; it goes from 0 to 1"),
    ],
)
def test_values_out_of_a_columns_range_are_refused(field, value, told, load):
    cells = ["0"] * USERS
    cells[2] = str(value)
    with pytest.raises(ScenarioError, match=told):
        load("x\n" + "\n".join(cells), field, "x")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("society.wifi.values", [0.5] * 39 + [1.5], "has the value 1.5 for user 39"),
        ("society.carrier", 0.7, "has the value 0.7; it is a whole number from 0 to 1"),
        ("society.carrier", {"uniform": {"low": 0, "high": 1}}, "is a spread of numbers"),
        ("parameters.price_pressure", -1, "has the value -1; it goes from 0"),
        ("society.users", "100", "needs a whole number, not '100'"),
        ("parameters.beta", "1", "needs a number, not '1'"),
        ("carriers.red.shares", {"north": "0.5"}, "needs a number, not '0.5'"),
        ("society.graph.by_region", "true", "needs true or false, not 'true'"),
        ("apps.chat.launch", "0001-01-01", "a date lies between 1800-01-01 and 2999-12-31"),
    ],
)
def test_values_of_a_scenario_are_what_their_fields_say(field, value, told, tmp_path: Path):
    (tmp_path / "toy.toml").write_text(TOY)
    with pytest.raises(ScenarioError, match=told):
        load_scenario(tmp_path / "toy.toml", {field: value})


def test_people_have_the_carrier_region_and_phone_of_their_row(tmp_path: Path):
    luck = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "id": range(USERS),
            "net": luck.choice(["red", "blue"], USERS),
            "place": luck.choice(["north", "south"], USERS),
            "phone": luck.choice(["old", "new"], USERS),
        }
    )
    table.sample(frac=1, random_state=4).to_csv(tmp_path / "people.csv", index=False, sep=";")
    (tmp_path / "toy.toml").write_text(TOY)
    given = {}
    for field, column in (("carrier", "net"), ("region", "place"), ("device", "phone")):
        given |= {f"society.{field}.csv": "people.csv", f"society.{field}.column": column}
    scenario = load_scenario(tmp_path / "toy.toml", given | {"weeks": 4})
    market = Market(scenario, rng=1).run()
    people = market.to_networkx().nodes(data=True)
    assert [data["carrier"] for _, data in people] == table.net.tolist()
    assert [data["region"] for _, data in people] == table.place.tolist()
    assert [data["device"] for _, data in people] == table.phone.tolist()


def test_rows_go_to_the_people_of_a_network_by_their_ids(tmp_path: Path):
    (tmp_path / "toy.toml").write_text(
        TOY.replace(f"users = {USERS}", "")
        + '[society.graph]\nfamily = "file"\nfile = "ties.csv"\n'
        + '[parameters]\nprice_pressure = { csv = "users.csv", column = "pressure" }\n'
    )
    (tmp_path / "ties.csv").write_text("source,target\nAnna,Bert\nBert,Cleo\n")
    users = tmp_path / "users.csv"
    for header in ("id", "name", "Label", "user"):
        users.write_text(f"{header},pressure\nCleo,0.3\nAnna,0.1\nBert,0.2\n")
        scenario = load_scenario(tmp_path / "toy.toml")
        assert scenario.parameters.price_pressure.values == (0.1, 0.2, 0.3)
    users.write_text("id,pressure\nCleo,0.3\nAna,0.1\nBert,0.2\n")
    with pytest.raises(
        ScenarioError, match=r"line 3 has the id 'Ana', who is not in 'ties.csv'; did"
    ):
        load_scenario(tmp_path / "toy.toml")
    users.write_text("pressure\n0.3\n0.1\n0.2\n")
    with pytest.raises(ScenarioError, match=r"has no column 'id'; people of 'ties.csv' have names"):
        load_scenario(tmp_path / "toy.toml")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("parameters.price_pressure.lognormal.median", 1, {"median": 1.0, "sigma": 0.6}),
        ("parameters.price_pressure.lognormal.sigma", 0.2, {"median": 0.56, "sigma": 0.2}),
    ],
)
def test_one_value_of_a_table_that_stands_by_default_can_be_changed(field, value, expected):
    toy = {"parameters": {}}
    from market_model.scenario.load import set_path

    set_path(toy, field, value, "toy")
    assert toy["parameters"]["price_pressure"]["lognormal"] == pytest.approx(expected)
    scenario = load_scenario("limits/L04-bass", {"society.devices.phone.platform": "ios"})
    assert scenario.society.devices["phone"].platform == "ios"
    with pytest.raises(
        ScenarioError, match="'fone' is not among the devices; did you mean 'phone'"
    ):
        load_scenario("limits/L04-bass", {"society.devices.fone.platform": "ios"})
