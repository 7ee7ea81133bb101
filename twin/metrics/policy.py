"""Why a run says nothing to a line of policy, for each line that no rule of the scorecard answers."""

from __future__ import annotations

NO_RULE = "no rule of the scorecard answers this line"

_REASONS: dict[str, tuple[str, ...]] = {
    "a plan, a procedure or a publication, not a figure of a run": ("632-1a", "632-2a", "632-9a"),
    "what was put up within 2026 alone is not told apart in the scenario's stock": ("MOT25-1",),
    "which EVSEs of the main corridors are new is not known; high_power_share_on_main_corridors in metrics.parquet has all "
    "that stand there": ("MOT25-4",),
    "whom carmakers' networks admit is a setting of the scenario, not a result": ("632-2c",),
    "how soon equipment is repaired, and how often from afar, are settings of the scenario, not results": ("632-3b",),
    "how often incidents close stations is a setting of the scenario, not a result": ("632-4a",),
    "services beside the charger do not enter the drivers' choice in this version": ("632-3c",),
    "the age and the certificate of an EVSE are not known": ("632-4b", "1250-12"),
    "load is kept by zone, not by feeder or transformer of the grid": ("632-5a", "632-5b"),
    "power markets are not simulated in this version": ("632-5e",),
    "charging power is the least of vehicle, EVSE, voltage and current by construction; connectors are not told apart": (
        "632-6a",
    ),
    "the efficiency of chargers is a setting of the scenario, not a result": ("632-7a",),
    "leases, grants and lead times of the grid are not simulated in this version": ("632-8a", "632-8b", "632-8c"),
    "homes and communities have no table of their own: access to a home charger is a share of the fleet": (
        "1250-13",
        "1250-14",
    ),
    "no published table counts the parking spaces of service areas": ("19-3",),
    "the pilot cities are a list, not a figure of a run": ("V2G-5",),
    "one corridor's own vehicles and posts; the run has national classes of trucks": (
        "YN-1",
        "YN-2",
        "GD-3",
    ),
    "one project's sites are not told apart among the stations of its province": ("GD-2", "SX-1"),
    "a rule of the market, not a figure of a run": ("MKT-1",),
    "an outlook for 2030; the scenario's year is another": ("15FYP-1",),
}

WHY_NOT = {line: reason for reason, lines in _REASONS.items() for line in lines}

OF_PROVINCES: dict[str, bool] = {
    "632-0a": False,
    "632-0b": False,
    "632-1c": True,
    "632-1d": False,
    "632-1e": False,
    "632-2b": False,
    "632-3a": True,
    "632-5c": False,
    "632-7b": False,
    "1250-2": False,
    "1250-7": True,
    "1250-9": True,
    "19-1": False,
    "19-2": True,
    "MOT22-1": True,
    "MOT25-3": True,
}
"""Lines that are held against each province as well; true where the line asks the same of every place, so that a province
can meet or miss it, false where only the value is told. Sums over homes, and lines about a pilot or a corridor, are the
nation's."""
