"""Why a run says nothing to a line of policy, for each line that no rule of the scorecard answers."""

from __future__ import annotations

NO_RULE = "no rule of the scorecard answers this line"

_REASONS: dict[str, tuple[str, ...]] = {
    "a set of figures, not one: waits, occupancy, load and coverage stand in metrics.parquet": ("632-0b", "19-1"),
    "a plan, a procedure or a publication, not a figure of a run": ("632-1a", "632-2a", "632-9a"),
    "nothing is built during the run: the scenario gives one day's stock": ("632-1b", "MOT25-1", "MOT25-2", "MOT25-4"),
    "the stock before the plan is not part of the scenario, so what was added since is unknown": (
        "1250-4",
        "1250-5",
        "1250-6",
        "1250-8",
    ),
    "dwell times by station are not kept in the run's tables": ("632-1d",),
    "no distance or threshold for duplicated capacity is named": ("632-1e",),
    "whom carmakers' networks admit is a setting of the scenario, not a result": ("632-2c",),
    "how soon equipment is repaired, and how often from afar, are settings of the scenario, not results": ("632-3b",),
    "how often incidents close stations is a setting of the scenario, not a result": ("632-4a",),
    "services beside the charger do not enter the drivers' choice in this version": ("632-3c",),
    "the age and the certificate of an EVSE are not known": ("632-4b", "1250-12"),
    "load is kept by zone, not by feeder or transformer of the grid": ("632-5a", "632-5b"),
    "stations have no photovoltaics or storage in this version": ("632-5d", "SX-1"),
    "power markets are not simulated in this version": ("632-5e",),
    "voltage and connector are not told apart: every vehicle fits every EVSE": ("632-6a",),
    "the efficiency of chargers is a setting of the scenario, not a result": ("632-7a",),
    "leases, grants and lead times of the grid are not simulated in this version": ("632-8a", "632-8b", "632-8c"),
    "homes and communities have no table of their own: access to a home charger is a share of the fleet": (
        "1250-13",
        "1250-14",
    ),
    "parking spaces are not counted": ("19-2", "19-3"),
    "the pilot cities are a list, not a figure of a run": ("V2G-5",),
    "one corridor's own vehicles and posts; the run has national classes of trucks": (
        "YN-1",
        "YN-2",
        "GD-3",
    ),
    "one project's sites are not told apart among the stations of its province": (
        "YN-3",
        "YN-4",
        "GD-1",
        "GD-2",
    ),
    "a rule of the market, not a figure of a run": ("MKT-1",),
    "an outlook for 2030; the scenario's year is another": ("15FYP-1",),
}

WHY_NOT = {line: reason for reason, lines in _REASONS.items() for line in lines}
