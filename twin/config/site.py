"""What stands behind the transformers of stations, and how storage is run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.config.base import PositiveShare, Section, Share

Layer = Literal["urban", "highway", "rural"]


class Site(Section):
    """Photovoltaics and storage at public stations."""

    pv_share: dict[Layer, Share] = Field(
        {"urban": 0.01, "highway": 0.1},
        description="share of stations with photovoltaics, by layer; a layer not named has none, e.g. {highway: 0.3} "
        "(-); no count of such stations was found, and the policy encourages them without a number; from memory, "
        "unverified; confidence low",
    )
    storage_share: dict[Layer, Share] = Field(
        {"urban": 0.005, "highway": 0.03},
        description="share of stations with storage, by layer; those with photovoltaics come first (-); from memory, "
        "unverified; confidence low",
    )
    pv_kw_per_evse: Annotated[float, Field(ge=0.0, le=100.0)] = Field(
        3.5,
        description="peak power of photovoltaics, of each EVSE, at most the transformer's power in all (kW); derived: a "
        "canopy of 50 to 200 kW over 20 to 30 bays, 3 to 4 kW a bay; from memory, unverified; confidence low",
    )
    storage_limit_share: PositiveShare = Field(
        0.13,
        description="power of storage as a share of what the transformer gives (-); derived: a cabinet of 100 kW at a "
        "transformer of 800 kVA, three at a service area of 2,500 kVA; from memory, unverified; confidence low",
    )
    storage_h: Annotated[float, Field(gt=0.0, le=24.0)] = Field(
        2.15,
        description="time for which a full storage gives its power (h); derived: a cabinet of 215 kWh and 100 kW; from "
        "memory, unverified; confidence medium",
    )
    round_trip_efficiency: PositiveShare = Field(
        0.87,
        description="energy out of storage per energy into it (-); from memory, unverified; confidence medium",
    )
    dispatch: Literal["none", "peak_shaving", "tariff"] = Field(
        "peak_shaving",
        description="rule by which storage fills and empties: peak_shaving holds the lowest level from the grid that a day "
        "like the one past allows, tariff buys in cheap hours for dear ones, none lets it stand idle",
    )
    is_feed_in: bool = Field(
        True, description="photovoltaics beyond what a station takes go into the grid; false: they are curtailed"
    )
