"""The whole configuration: every section, and what identifies it."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Self

from pydantic import Field, model_validator

from twin.config.base import Section
from twin.config.behaviour import Behaviour
from twin.config.buildout import Buildout
from twin.config.city import City
from twin.config.compute import Compute
from twin.config.files import with_hashes
from twin.config.fleet import Fleet
from twin.config.grid import Grid
from twin.config.network import Network
from twin.config.outages import Outages
from twin.config.output import Output
from twin.config.period import Period
from twin.config.scenario import Scenario
from twin.config.site import Site
from twin.config.stations import Stations
from twin.config.swap import Swap
from twin.config.travel import Travel


class Config(Section):
    """One scenario, complete: every setting has a value."""

    scenario: Scenario = Field(Scenario(), description="the scenario's name and luck")
    period: Period = Field(Period(), description="the days simulated")
    network: Network = Field(Network(), description="the roads")
    city: City = Field(City(), description="zones, people and vehicles of a city")
    stations: Stations = Field(Stations(), description="public charging stations")
    site: Site = Field(Site(), description="photovoltaics and storage at public stations")
    buildout: Buildout = Field(Buildout(), description="what is built on top of the stock")
    outages: Outages = Field(Outages(), description="failure and repair of public EVSEs")
    swap: Swap = Field(Swap(), description="battery swapping of heavy trucks")
    fleet: Fleet = Field(Fleet(), description="the vehicles")
    behaviour: Behaviour = Field(Behaviour(), description="how drivers decide")
    travel: Travel = Field(Travel(), description="how much the fleet moves")
    grid: Grid = Field(Grid(), description="tariffs and orderly charging")
    output: Output = Field(Output(), description="the tables a run leaves behind")
    compute: Compute = Field(Compute(), description="workers and memory; changes no result")

    @model_validator(mode="after")
    def _city_has_streets(self) -> Self:
        if self.scenario.extent == "city" and self.network.source == "backbone":
            raise ValueError("a city (scenario.extent) needs streets: set network.source to an OpenStreetMap file")
        return self

    @model_validator(mode="after")
    def _a_buildout_has_a_stock(self) -> Self:
        if self.buildout.is_on and (self.stations.source != "stock" or self.scenario.extent == "city"):
            where = "a city (scenario.extent)" if self.scenario.extent == "city" else "a station list (stations.source)"
            raise ValueError(f"buildout orders on top of the national stock, not of {where}: drop one of the two")
        if self.buildout.meets_plan and not self.buildout.is_on:
            raise ValueError("buildout.meets_plan without orders: set buildout.towards or orders, or drop it")
        return self

    def resolved(self) -> dict[str, Any]:
        """Every setting as plain JSON values, section by section."""
        return self.model_dump(mode="json")


def config_hash(config: Config) -> str:
    """Identify what a configuration will produce.

    Parameters
    ----------
    config : Config
        The configuration; its `compute` section and the scenario's prose change no result and are left out. Files and
        folders count by what is in them.

    Returns
    -------
    str
        SHA-256 of the canonical JSON, 64 hexadecimal digits.
    """
    settings = with_hashes(config.resolved())
    del settings["compute"]
    del settings["scenario"]["title"], settings["scenario"]["description"]
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
