"""How many EVSEs stand where: the nation's stock shared out to provinces, then to counties, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import DataError, Faults
from twin.stations.apportion import Ints, Numbers, apportion, apportion_groups
from twin.stations.months import cells_of_month, full_month
from twin.tables import seeds
from twin.tables.columns import F64, I64, STR
from twin.tables.inputs import LAYERS, SERVES_CARS, SERVES_TRUCKS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["SERVES", "Cells", "figure", "provinces_of_cells", "read_cells", "share_in_groups", "shares_of_layers"]

SERVES = {"car": SERVES_CARS, "truck": SERVES_TRUCKS, "any": SERVES_CARS | SERVES_TRUCKS}


@dataclass(frozen=True)
class Cells:
    """Rows of the stock table of one month: EVSEs by layer, power class and whom they serve.

    Attributes
    ----------
    layer, power_class, serves : ndarray of int64, shape (n_cells,)
        Index into ``LAYERS``, row of the power classes, bits of whom they serve.
    rated_w : ndarray of int64, shape (n_cells,)
        Rated power of one EVSE.
    is_ac : ndarray of bool, shape (n_cells,)
        Whether the car's own charger sets the power.
    n_evse : ndarray of int64, shape (n_cells,)
        EVSEs of the nation.
    n_batteries : ndarray of int64, shape (n_cells,)
        Spare batteries behind one EVSE, which then is a swap bay; 0 where vehicles charge.
    power_class_names : ndarray of str
        Names of the power classes.
    is_high_power_class : ndarray of bool
        Power classes of 250 kW and more.
    """

    layer: I64
    power_class: I64
    serves: I64
    rated_w: I64
    is_ac: np.ndarray
    n_evse: I64
    n_batteries: I64
    power_class_names: STR
    is_high_power_class: np.ndarray

    @property
    def for_trucks(self) -> np.ndarray:
        """Cells that serve trucks, ndarray of bool."""
        return (self.serves & SERVES_TRUCKS) > 0


def read_cells(date: str, folder: Path | None = None) -> Cells:
    """Return the stock of a month, cell by cell; see `cells_of_month` for months between those of the table.

    Parameters
    ----------
    date : str
        Month of the stock, ``"2027-12"``.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.

    Raises
    ------
    DataError
        If no stock of that month is known, or its rows name unknown power classes or users.
    """
    cells = cells_of_month(date, folder)
    classes = seeds.read("power_classes", folder)
    class_names = classes["power_class"]
    index = {name: row for row, name in enumerate(class_names.tolist())}
    faults = Faults()
    for key in cells:
        where = f"charger_stock.csv, {date}"
        if key.power_class not in index:
            faults.add(where, f"power class {key.power_class}", "one of " + ", ".join(index), "add it to power_classes.csv")
        if key.layer not in LAYERS or key.serves not in SERVES:
            faults.add(where, f"{key.layer}, {key.serves}", f"one of {LAYERS} and one of {tuple(SERVES)}")
    faults.raise_if_any(DataError)
    power_class = np.array([index[key.power_class] for key in cells], np.int64)
    rated_kw = classes["rated_kw"].astype(np.float64)
    return Cells(
        layer=np.array([LAYERS.index(key.layer) for key in cells], np.int64),
        power_class=power_class,
        serves=np.array([SERVES[key.serves] for key in cells], np.int64),
        rated_w=np.rint(rated_kw * 1000).astype(np.int64)[power_class],
        is_ac=(classes["kind"] == "ac")[power_class],
        n_evse=np.array(list(cells.values()), np.int64),
        n_batteries=np.zeros(len(cells), np.int64),
        power_class_names=class_names,
        is_high_power_class=rated_kw >= 250.0,
    )


def provinces_of_cells(
    cells: Cells,
    date: str,
    provinces: STR,
    factors: Mapping[Any, float],
    folder: Path | None = None,
) -> I64:
    """Share every cell out to provinces by largest remainder.

    Car EVSEs follow the published provincial shares of their layer; truck EVSEs off the expressways follow the
    provinces' shares of electric heavy trucks. A province's factor multiplies what it got, rounded cell by cell.

    Parameters
    ----------
    cells : Cells
        The nation's stock.
    date : str
        Month of the stock; the shares are those of the next month that the table has.
    provinces : ndarray of str, shape (n_provinces,)
        Province codes in order.
    factors : mapping of str to float
        Public EVSEs as a multiple of the stock, by province code.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.

    Returns
    -------
    ndarray of int64, shape (n_provinces, n_cells)
        Without factors every column adds up to the cell.

    Raises
    ------
    DataError
        If a province has no share in any layer, or no EVSE in the end.
    """
    by_layer = shares_of_layers(date, provinces, folder)
    index, known = {code: row for row, code in enumerate(provinces.tolist())}, full_month(date, folder)
    trucks = figure("heavy_truck_share", provinces, folder)
    faults = Faults()
    for code in provinces[by_layer.sum(axis=0) <= 0].tolist():
        faults.add(f"charger_provinces.csv, {known}, {code}", "no share", "a share above 0", "a province needs stations")
    faults.raise_if_any(DataError)
    counts = np.empty((len(provinces), len(cells.n_evse)), np.int64)
    on_highway = cells.layer == LAYERS.index("highway")
    for cell, (total, layer) in enumerate(zip(cells.n_evse.tolist(), cells.layer.tolist(), strict=True)):
        weights = trucks if cells.for_trucks[cell] and not on_highway[cell] else by_layer[layer]
        counts[:, cell] = apportion(total, weights)
    for code, factor in factors.items():
        counts[index[code]] = np.rint(counts[index[code]] * factor)
    for code in provinces[counts.sum(axis=1) == 0].tolist():
        faults.add(f"stations, {date}, province {code}", "no EVSE", "at least one", "raise its share or its factor")
    faults.raise_if_any(DataError)
    return counts


def shares_of_layers(date: str, provinces: STR, folder: Path | None = None) -> F64:
    """Return the provinces' shares of each layer's public EVSEs, (n_layers, n_provinces)."""
    shares, known = seeds.read("charger_provinces", folder), full_month(date, folder)
    by_layer = np.zeros((len(LAYERS), len(provinces)))
    index = {code: row for row, code in enumerate(provinces.tolist())}
    for row in np.flatnonzero(shares["date"] == known).tolist():
        if shares["province"][row] in index:
            by_layer[LAYERS.index(shares["layer"][row]), index[shares["province"][row]]] = shares["share"][row]
    return by_layer


def share_in_groups(counts: Ints, group: Ints, weights: Numbers) -> I64:
    """Share each group's cells out to its members by weight: (n_groups, n_cells) to (n_members, n_cells)."""
    columns = [apportion_groups(counts[:, cell], group, weights) for cell in range(counts.shape[1])]
    return np.stack(columns, axis=1)


def figure(name: str, provinces: STR, folder: Path | None = None) -> F64:
    """Latest figure of each province.

    Raises
    ------
    DataError
        If a province has none.
    """
    figures = seeds.read("province_figures", folder)
    values = np.full(len(provinces), np.nan)
    index = {code: row for row, code in enumerate(provinces.tolist())}
    rows = np.flatnonzero(figures["figure"] == name)
    for row in rows[np.argsort(figures["year"][rows].astype(str), kind="stable")].tolist():
        if figures["province"][row] in index:
            values[index[figures["province"][row]]] = figures["value"][row]
    missing = provinces[np.isnan(values)]
    if len(missing):
        raise DataError(f"province_figures.csv: no {name} for {', '.join(missing)}; wanted one row per province")
    return values
