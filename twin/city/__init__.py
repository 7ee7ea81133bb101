"""A city on its own streets: what a nation is, with zones of a kilometre and every trip routed."""

from twin.city.build import build_demand, build_places, build_supply

__all__ = ["build_demand", "build_places", "build_supply"]
