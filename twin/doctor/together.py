"""What seed-shaped tables keep among themselves, checked where one of them is the user's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from twin.errors import Faults
from twin.grid.spans import check_spans
from twin.tables import seeds

Table = Mapping[str, Any]
Tables = Mapping[str, Table]
SHARE_ERROR = 1e-3
KNOTS = (0.0, 1.0)
SPEED_KMH = 80.0
"""Of a heavy truck, see ``behaviour.truck_speed_kmh``."""
DAY_H = 24.0


def check_together(own: Tables, faults: Faults) -> None:
    """Hold a user's tables against each other, and against the embedded ones where there is none of the user's.

    Parameters
    ----------
    own : mapping of str to table
        The user's tables by name, each sound by itself.
    faults : Faults
        Takes the faults, each with its file and line.
    """
    for needed, check in CHECKS:
        if any(name in own for name in needed):
            check({name: own[name] if name in own else seeds.read(name) for name in needed}, faults)


def class_shares(tables: Tables, faults: Faults) -> None:
    """The classes of each kind add up to 1."""
    classes = tables["vehicle_classes"]
    for year in ("share_2025", "share_2027"):
        _add_up("vehicle_classes.csv", classes, year, ("kind",), faults)


def class_curves(tables: Tables, faults: Faults) -> None:
    """Every class has a curve from empty to full, and every curve a class."""
    classes, curves = tables["vehicle_classes"], tables["charging_curves"]
    known = classes["vehicle_class"].tolist()
    for row, name in enumerate(known):
        soc = curves["soc"][curves["vehicle_class"] == name]
        if not soc.size or (soc.min(), soc.max()) != KNOTS:
            where = f"vehicle_classes.csv:{row + 2}, {name}"
            faults.add(where, f"{soc.size} points in charging_curves.csv", "a curve from soc 0 to 1", "add it")
    _known("charging_curves.csv", curves, "vehicle_class", known, "a class of vehicle_classes.csv", faults)


def hauls_of_trucks(tables: Tables, faults: Faults) -> None:
    """A truck has a haul that is known, and nothing else has one."""
    classes, hauls = tables["vehicle_classes"], tables["truck_hauls"]["haul"].tolist()
    for row, (kind, haul) in enumerate(zip(classes["kind"], classes["haul"], strict=True)):
        if (haul not in hauls) if kind == "truck" else haul:
            wanted = f"one of {', '.join(hauls)}" if kind == "truck" else "blank, since it is no truck"
            faults.add(f"vehicle_classes.csv:{row + 2}, haul", haul or "blank", wanted, "correct it")


def hours_of_trucks(tables: Tables, faults: Faults) -> None:
    """A truck can charge in the hours it stands what it drives in a day: no more charging hours than plug hours."""
    classes, hauls = tables["vehicle_classes"], tables["truck_hauls"]
    daily_km = dict(zip(hauls["haul"].tolist(), hauls["daily_km"].tolist(), strict=True))
    for row, haul in enumerate(classes["haul"].tolist()):
        if haul not in daily_km:
            continue
        energy_kwh = daily_km[haul] / 100.0 * float(classes["hw100_kwh_100km"][row])
        charging_h, plug_h = energy_kwh / float(classes["peak_dc_kw"][row]), DAY_H - daily_km[haul] / SPEED_KMH
        if charging_h > plug_h:
            where = f"vehicle_classes.csv:{row + 2}, {classes['vehicle_class'][row]}"
            found = f"{daily_km[haul]:g} km a day, which take {charging_h:.1f} h of charging at its highest power"
            faults.add(
                where, found, f"at most {plug_h:.1f} h, the hours it stands", "correct daily_km, power or consumption"
            )


def haul_shares(tables: Tables, faults: Faults) -> None:
    """The hauls add up to 1."""
    for year in ("share_2025", "share_2027"):
        _add_up("truck_hauls.csv", tables["truck_hauls"], year, (), faults)


def profiles(tables: Tables, faults: Faults) -> None:
    """A profile shares out a whole day."""
    _add_up("hourly_profiles.csv", tables["hourly_profiles"], "share", ("profile_id",), faults)


def operators(tables: Tables, faults: Faults) -> None:
    """The operators have all EVSEs among them."""
    _add_up("operators.csv", tables["operators"], "share", (), faults)


def charger_shares(tables: Tables, faults: Faults) -> None:
    """The provinces have all EVSEs of a layer and date among them."""
    _add_up("charger_provinces.csv", tables["charger_provinces"], "share", ("date", "layer"), faults)


def tariffs(tables: Tables, faults: Faults) -> None:
    """The spans of a province and season make up the day."""
    check_spans("tariffs.csv", tables["tariffs"], faults)


def ranges(tables: Tables, faults: Faults) -> None:
    """The mode of a weak input lies in its range."""
    table = tables["uncertainty"]
    for row in np.flatnonzero((table["low"] > table["mode"]) | (table["mode"] > table["high"])).tolist():
        found = f"{table['low'][row]:g}, {table['mode'][row]:g}, {table['high'][row]:g}"
        faults.add(f"uncertainty.csv:{row + 2}", found, "low <= mode <= high", "correct it")


def places(name: str, column: str, of: str, key: str) -> tuple[tuple[str, str], Callable[[Tables, Faults], None]]:
    """Return the check that a column names rows of another table; blanks are let pass."""

    def check(tables: Tables, faults: Faults) -> None:
        known = [*tables[of][key].tolist(), ""]
        _known(f"{name}.csv", tables[name], column, known, f"a {key} of {of}.csv", faults)

    return (name, of), check


CHECKS: tuple[tuple[tuple[str, ...], Callable[[Tables, Faults], None]], ...] = (
    (("vehicle_classes",), class_shares),
    (("vehicle_classes", "charging_curves"), class_curves),
    (("vehicle_classes", "truck_hauls"), hauls_of_trucks),
    (("vehicle_classes", "truck_hauls"), hours_of_trucks),
    (("truck_hauls",), haul_shares),
    (("hourly_profiles",), profiles),
    (("operators",), operators),
    (("charger_provinces",), charger_shares),
    (("tariffs",), tariffs),
    (("uncertainty",), ranges),
    places("counties", "zone", "zones", "zone"),
    places("provinces", "capital_zone", "zones", "zone"),
    places("backbone_nodes", "zone", "zones", "zone"),
    places("backbone_links", "from_node", "backbone_nodes", "node"),
    places("backbone_links", "to_node", "backbone_nodes", "node"),
    places("backbone_links", "line", "expressway_lines", "line"),
    places("service_areas", "link", "backbone_links", "link"),
    places("charger_stock", "power_class", "power_classes", "power_class"),
)


def _groups(table: Table, names: tuple[str, ...]) -> Any:
    n_rows = len(next(iter(table.values())))
    parts = [table[name].astype(str) for name in names]
    return np.array([", ".join(words) for words in zip(*parts, strict=True)] if parts else [""] * n_rows, object)


def _add_up(file: str, table: Table, share: str, by: tuple[str, ...], faults: Faults) -> None:
    group = _groups(table, by)
    for name in dict.fromkeys(group):
        rows = np.flatnonzero(group == name)
        total = float(table[share][rows].sum())
        if abs(total - 1.0) > SHARE_ERROR:
            where = f"{file}:{rows[0] + 2}-{rows[-1] + 2}, {share}" + (f", {name}" if name else "")
            faults.add(where, f"a sum of {total:g}", "1", "make the shares add up")


def _known(file: str, table: Table, column: str, known: list[str], wanted: str, faults: Faults) -> None:
    names = set(known)
    for row, value in enumerate(table[column].tolist()):
        if value not in names:
            faults.add(f"{file}:{row + 2}, {column}", value, wanted, "correct the name")
