"""What a user may set: one section per file, each setting with its unit, default and meaning."""

from __future__ import annotations

from twin.config.behaviour import Behaviour
from twin.config.buildout import Buildout
from twin.config.change import changed, setting
from twin.config.city import City
from twin.config.compute import Compute
from twin.config.fleet import Fleet
from twin.config.grid import Grid
from twin.config.loading import load
from twin.config.model import Config, config_hash
from twin.config.network import Network
from twin.config.output import Output
from twin.config.period import Period
from twin.config.scenario import Scenario
from twin.config.stations import Stations
from twin.config.swap import Swap
from twin.config.travel import Travel

__all__ = [
    "Behaviour",
    "Buildout",
    "City",
    "Compute",
    "Config",
    "Fleet",
    "Grid",
    "Network",
    "Output",
    "Period",
    "Scenario",
    "Stations",
    "Swap",
    "Travel",
    "changed",
    "config_hash",
    "load",
    "setting",
]
