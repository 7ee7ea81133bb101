"""Those who decide with money or policy, further ahead than a window: Mesa agents, thousands, not millions."""

from twin.agents.grid_operator import GridOperator
from twin.agents.memory import memory_of, remind
from twin.agents.province_planner import ProvincePlanner, Wish
from twin.agents.station_operator import StationOperator

__all__ = ["GridOperator", "ProvincePlanner", "StationOperator", "Wish", "memory_of", "remind"]
