"""The people of a market and who knows whom."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from .fields import PerUser, Share, Table, number, ratio, text_field
from .names import RegionName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

type Family = Literal[
    "holme-kim",
    "small-world",
    "scale-free",
    "random",
    "regular",
    "ring-lattice",
    "complete",
    "blocks",
    "implicit",
    "file",
]


class Network(Table):
    """A network as it was read from a file: the scenario holds all of it.

    Attributes:
        ends: two users of each tie, int32 in base64, each tie once. weights: of the ties, float64
            in base64; empty where all weigh the same. labels: ids of the users in the file; empty
            where they are 0, 1, 2 …
        loops, doubles: ties of the file that were left out. alone: users without a tie.
        left_out: columns that were not read.
    """

    source: str = text_field("", "The file that it came from.")
    users: int = Field(ge=2, le=500_000_000, description="People in it.")
    ends: str = Field(repr=False, description="Ends of the ties, packed.")
    weights: str = Field(default="", repr=False, description="Weights of the ties, packed.")
    labels: tuple[str, ...] = Field(
        default=(), repr=False, description="Ids of people in the file."
    )
    loops: int = Field(default=0, ge=0, description="Ties of a person with itself, left out.")
    doubles: int = Field(default=0, ge=0, description="Ties named again, left out.")
    alone: int = Field(default=0, ge=0, description="People without a tie.")
    left_out: tuple[str, ...] = text_field((), "Columns that were not read.")

    @staticmethod
    def packed(values: NDArray[Any]) -> str:
        return b64encode(values.tobytes()).decode()

    @property
    def ties(self) -> NDArray[np.int32]:
        """Two users of each tie, shape (ties, 2)."""
        import numpy as np

        return np.frombuffer(b64decode(self.ends), "<i4").astype(np.int32).reshape(-1, 2)

    @property
    def amounts(self) -> NDArray[np.float64] | None:
        """The weight of each tie, shape (ties,); None where all weigh the same."""
        import numpy as np

        return np.frombuffer(b64decode(self.weights), "<f8") if self.weights else None

    @model_validator(mode="after")
    def _whole(self) -> Network:
        import numpy as np

        try:
            ties, amounts = self.ties, self.amounts
        except (ValueError, binascii.Error):
            raise ValueError("is not the network that was written; take the file again") from None
        sound = len(ties) and ties.min() >= 0 and ties.max() < self.users
        if amounts is not None:
            sound = sound and len(amounts) == len(ties) and np.all(amounts > 0)
        if not sound or len(self.labels) not in (0, self.users):
            raise ValueError("is not the network that was written; take the file again")
        return self


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
    circles: tuple[Annotated[int, Field(ge=2, le=50)], ...] = text_field(
        (4, 6),
        "Implicit: people in each circle of a person, all of whom know each other: a household of "
        "neighbours, then classes (or teams) from all over the community.",
        silent=True,
    )
    community: int = number(
        65_536,
        "Implicit: most people of a community; a region with more is several of them.",
        unit="people",
        low=2,
        high=500_000_000,
        silent=True,
    )
    by_region: bool = text_field(True, "Build the family once per region and join the regions.")
    file: str | None = text_field(
        None,
        "Family 'file': GraphML, GEXF, GML, Pajek, Matrix Market, or an edge list: a tie in each "
        "line, two ids parted by comma, semicolon, tab or blank, with names of columns "
        "(source, target, weight) or without; packed as .gz, too. People are numbered by their "
        "ids, if all are whole numbers, else in the order of the file; society.users follows it.",
    )
    network: Network | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="The network itself, as it was read from the file.",
    )


class Spot(Table):
    """Where a region lies on earth: `[society.places]`, `north = { lon = 113.3, lat = 40 }`."""

    lon: float = number(..., "Longitude, east above 0.", unit="°", low=-180, high=180)
    lat: float = number(..., "Latitude, north above 0.", unit="°", low=-90, high=90)


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

    users: int = number(5000, "Simulated users.", unit="users", low=2, high=500_000_000)
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
    callers: float = ratio(1.0, "Share of people who ever call by app.", prior=(0.2, 1))
    regions: dict[str, Share] = Field(
        default={"everywhere": 1.0}, min_length=1, description="Share of users in each region."
    )
    places: dict[RegionName, Spot] = text_field(
        {},
        "Where regions lie on earth, for the map: longitude and latitude of each; without them, or "
        "with some alone, the map has no north.",
    )
    devices: dict[str, Device] = text_field({"phone": Device(share=1.0)}, "Kinds of phone.")
    wifi: PerUser = number(0.0, "Share of use over Wi-Fi, 0…1.", symbol="ω")
    carrier: PerUser | None = text_field(
        None,
        "Carrier of each user: its name, or its place in the file (0 = first); silent: drawn from "
        "the carriers' shares.",
    )
    region: PerUser | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="Region of each user: its name, or its place in `regions` (0 = first); "
        "silent: by the shares of the regions.",
    )
    device: PerUser | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="Phone of each user: its name, or its place in `devices` (0 = first); silent: "
        "drawn from the shares of the devices.",
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
    warmup_counts: Literal["all", "returning"] = text_field(
        "all",
        "Who counts for that share: all who used the app in 4 weeks, or only those who used it "
        "after the week in which they registered, so that nobody counts who was pushed to try it "
        "once.",
    )

    communities: int = number(
        12,
        "Communities with a common part of taste, where there is one region; else regions count.",
        unit="communities",
        low=1,
        high=10_000,
    )
