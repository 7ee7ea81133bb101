"""The stock of a month: as the table has it, on the line between two months, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.test_stations import HIGHWAY, inventory, network, regions
from twin.config import Config
from twin.errors import DataError
from twin.stations import build_inventory
from twin.stations.months import cells_of_month, published
from twin.stations.swap_bays import bays_of_month
from twin.tables import seeds


@pytest.mark.parametrize("month", ["2031-01", "2024-07"])
def test_a_month_of_which_nothing_was_published_is_refused_with_those_there_are(month):
    config = Config.model_validate({"stations": {"stock": month}})
    with pytest.raises(DataError, match=rf"{month}.*from 2024-08 to 2027-12"):
        build_inventory(config, regions(), network())


def test_a_month_of_the_table_is_taken_as_it_stands_and_one_between_lies_between():
    months = ("2024-08", "2024-12", "2025-06", "2025-09", "2025-12", "2026-03", "2026-06", "2027-01", "2027-12")
    cells = [cells_of_month(month) for month in months]
    assert [sum(of.values()) for of in cells] == [published("public_evses", month) for month in months]
    on_highway = [sum(n for key, n in of.items() if key.layer == "highway") for of in cells]
    assert on_highway == [published("highway_evses", month) for month in months]
    assert on_highway[3] == 66_500  # nine of twelve months from 51,500 to 71,500
    rows = seeds.read("charger_stock")
    assert list(cells[4].values()) == rows["n_evses"][rows["date"] == "2025-12"].tolist()


def test_the_mix_of_a_month_between_lies_on_the_line_between_its_neighbours():
    ends, middle = [cells_of_month(month) for month in ("2025-12", "2026-06")], cells_of_month("2026-03")
    sums = {month: [0, 0] for month in range(3)}
    for month, of in enumerate((*ends, middle)):
        for key, n in of.items():
            sums[month][key.layer == "highway"] += n
    for key, n in middle.items():
        part = key.layer == "highway"
        line = [end.get(key, 0) for end in ends]
        whole = sums[0][part] + sums[1][part]
        assert n == pytest.approx(sum(line) / whole * sums[2][part], abs=1.0), key


def test_a_month_between_has_its_stations_and_keeps_to_the_provinces_of_the_next():
    inv = inventory("2025-09")
    n_evse = np.where(inv.pools.n_batteries > 0, 0, inv.pools.n_evse)  # Swap bays stand beside the stock.
    assert n_evse.sum() == published("public_evses", "2025-09")
    in_highway = inv.stations.layer[inv.pools.station] == HIGHWAY
    assert n_evse[in_highway].sum() == 66_500


def test_swap_stations_of_months_between_lie_on_the_line_and_before_the_first_there_are_none():
    highway, urban = ("highway", "truck"), ("urban", "truck")
    assert bays_of_month("2023-07") == {highway: 0, urban: 0}
    assert bays_of_month("2023-08") == {highway: 4, urban: 0}
    assert bays_of_month("2024-10") == {highway: round(4 + 149 * 14 / 28), urban: round(152 * 14 / 28)}
    assert bays_of_month("2027-12") == bays_of_month("2029-01") == {highway: 450, urban: 450}
