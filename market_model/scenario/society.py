"""The people of a market and who knows whom."""

from typing import Literal

from pydantic import Field

from .fields import PerUser, Share, Table, number, ratio, text_field

type Family = Literal[
    "holme-kim",
    "small-world",
    "scale-free",
    "random",
    "regular",
    "ring-lattice",
    "complete",
    "blocks",
    "file",
]


class Graph(Table):
    """The `[society.graph]` table."""

    family: Family = text_field("holme-kim", "Which kind of network joins people.")
    degree: float = number(
        14.0,
        "Mean number of contacts.",
        unit="contacts",
        source="Leskovec & Horvitz 2008: 14.4",
        low=0,
        high=2000,
        prior=(4, 30),
    )
    triangles: float = ratio(
        0.5,
        "Holme–Kim: chance of closing a triangle.",
        source="clustering 0.14; Leskovec & Horvitz 2008: 0.137",
    )
    rewire: float = ratio(
        0.1, "Small world: share of ties that are rewired.", source="Watts & Strogatz 1998"
    )
    across: float = ratio(
        0.1, "Share of ties that lead to another region (families built per region)."
    )
    by_region: bool = text_field(True, "Build the family once per region and join the regions.")
    file: str | None = text_field(
        None, "Family 'file': an edge list (CSV, or text with two columns) or GraphML."
    )


class Device(Table):
    """A kind of phone: `[society.devices.<name>]`."""

    share: float = ratio(..., "Share of users.")
    platform: str = text_field(
        "android", "Operating system; features and apps may be limited to some."
    )
    generation: Literal["2g", "3g", "4g", "lte"] = text_field(
        "3g", "Network generation it can use."
    )


class Society(Table):
    """The `[society]` table."""

    users: int = number(5000, "Simulated users.", unit="users", low=2, high=20_000_000)
    population: float | None = number(
        None, "People they stand for; silent means one each.", unit="people", low=1, high=1e11
    )
    never_join: float = ratio(
        0.0,
        "Share of people who never join any app.",
        symbol="ν",
        source="397 of 464 M mobile netizens used messaging; fit",
        prior=(0.08, 0.14),
    )
    regions: dict[str, Share] = Field(
        default={"everywhere": 1.0}, min_length=1, description="Share of users in each region."
    )
    devices: dict[str, Device] = text_field({"phone": Device(share=1.0)}, "Kinds of phone.")
    wifi: PerUser = number(0.0, "Share of use over Wi-Fi, 0…1.", symbol="ω")
    carrier: PerUser | None = text_field(
        None,
        "Carrier of each user by its place in the file (0 = first); silent: drawn from the "
        "carriers' shares.",
    )
    graph: Graph = text_field(Graph(), "Who knows whom.")
    warmup_weeks: int = number(
        0,
        "Weeks that run before the start, without offers, so that habits are settled.",
        unit="weeks",
        low=0,
        high=2000,
    )
    warmup_until: str | None = text_field(
        None,
        "App whose start share ends the warm-up as soon as it is reached (within warmup_weeks).",
    )

    communities: int = number(
        12,
        "Communities with a common part of taste, where there is one region; else regions count.",
        unit="communities",
        low=1,
        high=10_000,
    )
