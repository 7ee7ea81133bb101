"""The calendar turns: each day the deciders decide, the windows run, the deciders observe and publish."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import mesa  # type: ignore[import-untyped]
import numpy as np

from twin.agents import GridOperator, ProvincePlanner, StationOperator, memory_of, remind
from twin.agents.facilities import classes_of, facilities_of
from twin.engine import account, snapshot
from twin.engine.plants import close_sites
from twin.engine.views import publish_prices
from twin.engine.window import step as run_window
from twin.errors import EngineError
from twin.fleet.calendar import build_calendar
from twin.tables.results import StrandedTable
from twin.tables.totals import HOUR_FIELDS, ProvinceLoad

if TYPE_CHECKING:
    from twin.config import Config
    from twin.engine.world import World
    from twin.nation import Places, Supply
    from twin.tables.totals import RunTotals

__all__ = ["TwinModel"]

DAY_S = 86_400
HOUR_S = 3_600
HOURS_PER_DAY = 24
SESSIONS = HOUR_FIELDS.index("n_sessions")


class TwinModel(mesa.Model):  # type: ignore[misc]
    """The nation: a world of vehicles and stations, and the agents that decide further ahead than a window.

    Parameters
    ----------
    world : World
        Vehicles, roads and stations at 00:00 of day 0.
    places : Places
        Regions, whose provinces have a grid operator each.
    supply : Supply
        Stations, whose operators are agents, and the load without vehicles.
    config : Config
        Sections ``output``, ``stations`` and ``grid``.
    append : callable
        ``append(name, table)`` takes the rows that the days leave behind.
    on_hour : callable
        Called with (second, vehicles on the road, sessions so far) after each simulated hour.
    agents : mapping of type to type, optional
        Classes that stand in for those of `twin.agents`, each a subclass.
    """

    def __init__(
        self,
        world: World,
        places: Places,
        supply: Supply,
        config: Config,
        append: Callable[[str, Any], None],
        on_hour: Callable[[int, int, int], None],
        agents: Mapping[type[mesa.Agent], type[mesa.Agent]] | None = None,
    ) -> None:
        super().__init__(rng=config.scenario.seed)
        self.world = world
        self.day = 0
        self._append = append
        self._on_hour = on_hour
        self.config = config
        self.kinds = dict(agents or {})
        operator = np.asarray(supply.inventory.stations.operator)
        for row, name in enumerate(supply.inventory.operator_names):
            is_dynamic = config.grid.dynamic_price_step_cny_per_kwh > 0.0
            self.kind_of(StationOperator)(self, str(name), np.flatnonzero(operator == row), is_dynamic)
        for row, code in enumerate(places.regions.province_code):
            zones = np.flatnonzero(places.regions.zone_province == row)
            base = ProvinceLoad(supply.base.base_kw[zones], supply.base.peak_kw[zones])
            self.kind_of(GridOperator)(self, str(code), zones, base, supply.prices.is_cheap[row], config)

        if supply.inventory.built is not None and (config.buildout.has_planners or ProvincePlanner in self.kinds):
            self.facilities = facilities_of(supply.inventory, places.regions)
            self.power_classes = classes_of()
            self.is_holiday = tuple(name != "" for name in build_calendar(config).holiday)
            for number, code in enumerate(places.regions.province_code):
                self.kind_of(ProvincePlanner)(self, str(code), number, config.period.n_days)

    def kind_of(self, kind: type[mesa.Agent]) -> type[mesa.Agent]:
        """Return the class that stands in for one of `twin.agents`."""
        return self.kinds.get(kind, kind)

    @property
    def is_over(self) -> bool:
        """Whether every day of the period has been lived."""
        return self.day >= self.world.given.n_days

    def step(self) -> None:
        """Live one day."""
        self.agents.do("decide", self.world, self.day)
        publish_prices(self.world.given, self.world.outlooks[0])
        self.world.peers.begin_day(self.world, self.day)
        for hour in range(self.day * HOURS_PER_DAY, (self.day + 1) * HOURS_PER_DAY):
            self._live_hour(hour)
        self.world.peers.end_day(self.world)
        self.agents.do("observe", self.world)
        self.agents.do("publish", self.world, self.day)
        self.day += 1

    def finish(self) -> RunTotals:
        """Settle what is still running and return everything counted."""
        self.world.peers.gather(self.world)
        return account.finish(self.world)

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield by name every array that a run which goes on from this midnight needs."""
        self.world.peers.gather(self.world)
        yield from ((f"world.{piece.name}", piece.array) for piece in snapshot.pieces_of(self.world))
        for agent in self.agents:
            yield from ((f"agent.{agent.unique_id}.{name}", array) for name, array in memory_of(agent)[0].items())

    def facts(self) -> dict[str, Any]:
        """Return what else it needs, as plain values."""
        return {
            "day": self.day,
            "steps": self.steps,
            "rng": self.rng.bit_generator.state,
            "world": snapshot.numbers_of(self.world),
            "agents": {str(agent.unique_id): memory_of(agent)[1] for agent in self.agents},
        }

    def restore(self, facts: dict[str, Any], read: Callable[[str, Any], Any]) -> None:
        """Go to the midnight at which `arrays` and `facts` were taken from a model of the same scenario.

        Parameters
        ----------
        facts : dict
            From `facts`.
        read : callable
            ``read(name, array)`` fills the array, or returns a new one where its form is another; without an array always.

        Raises
        ------
        EngineError
            If the agents or the arrays are not those of this scenario.
        """
        if set(facts["agents"]) != {str(agent.unique_id) for agent in self.agents}:
            raise EngineError("checkpoint: its agents are not those of this scenario; start the run anew")
        self.day, self.steps = facts["day"], facts["steps"]
        self.rng.bit_generator.state = facts["rng"]
        snapshot.restore(self.world, facts["world"], lambda name, array: read(f"world.{name}", array))
        for agent in self.agents:
            held = {name: read(f"agent.{agent.unique_id}.{name}", None) for name in memory_of(agent)[0]}
            remind(agent, held, facts["agents"][str(agent.unique_id)])

    def bulletins(self, kind: type[mesa.Agent]) -> list[dict[str, Any]]:
        """Return what the agents of a kind published, in the order of agents and days."""
        return [row for agent in self.agents_by_type[self.kind_of(kind)] for row in agent.bulletins]

    def orders(self) -> list[dict[str, Any]]:
        """Return what planners ordered, province by province."""
        kind = self.kind_of(ProvincePlanner)
        return [row for agent in self.agents_by_type.get(kind, []) for row in agent.book()]

    def _live_hour(self, hour: int) -> None:
        """Run the windows of an hour and hand on the rows that they leave behind."""
        window_s, output = self.world.given.rules.window_s, self.config.output
        for window in range(hour * HOUR_S // window_s, (hour + 1) * HOUR_S // window_s):
            run_window(self.world, window)
            if output.sessions != "none":
                share = 1.0 if output.sessions == "all" else output.sessions_sample_share
                self._append("sessions", account.visit_rows(self.world, share))
            self._append("stranded", StrandedTable(*self.world.stranded.T.copy()))
        station_hours, links = account.close_hour(self.world, hour)
        site_hours = close_sites(self.world, hour)
        if output.station_hours:
            self._append("station_hours", station_hours)
            self._append("site_hours", site_hours)
        if output.links:
            self._append("links", links)
        n_on_road = int(self.world.road[hour, :, 0].sum())
        self._on_hour((hour + 1) * HOUR_S, n_on_road, int(self.world.hours[SESSIONS].sum()))
