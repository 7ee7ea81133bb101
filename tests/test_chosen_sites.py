"""Orders at sites of a table: they stand where it says, and a table that contradicts the orders is refused row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_buildout import built, nation, order
from twin.errors import ConfigError, DataError
from twin.stations.chosen_sites import COLUMNS, read_chosen
from twin.stations.ledger import keys_of
from twin.tables.inputs import SITE_TYPES

HEAD = ",".join(COLUMNS)
ROWS = (
    "road,G1-0003-A,,,8", "road,G1-0001-A,,,4", "town,110105,116.4,39.9,4", "town,110101,116.41,39.91,3",
    "hub,110105,116.6,39.8,6",
)  # fmt: skip


def table(folder: Path, *rows: str) -> str:
    path = folder / "sites.csv"
    path.write_text("\n".join((HEAD, *rows)) + "\n", encoding="utf-8")
    return str(path)


def orders(**more: Any) -> dict[str, Any]:
    return {
        "road": order(12, "hp_300", rule="chosen") | more,
        "town": order(7, "hp_300", "urban public", rule="chosen"),
        "hub": order(6, "dc_180", "freight hub", rule="chosen"),
    }


def test_an_order_stands_at_the_sites_that_it_names(tmp_path: Path) -> None:
    found = built(as_of="2026-12", orders=orders(), sites_from=table(tmp_path, *ROWS))
    ledger, sites = found.ledger, found.ordered
    at = {name: ledger.row[ledger.order == name] for name in orders()}
    regions, network = nation()
    assert network.site_id[sites.side[at["road"]]].tolist() == ["G1-0003-A", "G1-0001-A"]
    assert ledger.n_evse.tolist() == [8, 4, 4, 3, 6]
    assert regions.county_id[sites.county[at["town"]]].tolist() == ["110105", "110101"]
    assert sites.lon[at["town"]].tolist() == [116.4, 116.41]
    assert sites.lat[at["town"]].tolist() == [39.9, 39.91]
    assert {SITE_TYPES[kind] for kind in sites.site_type[at["hub"]]} == {"freight hub"}
    assert found.cells.serves[ledger.cell[ledger.order == "hub"]].tolist() == [2]
    assert (sites.operator[ledger.row] >= 0).all()
    assert len(np.unique(keys_of(found.sites))) == len(found.sites.kind)


def test_sites_take_the_place_of_what_is_planned_and_keep_the_number(tmp_path: Path) -> None:
    source = table(tmp_path, "road,G1-0003-A,,,8", "road,G1-0001-A,,,4")
    plan = built(towards="2027-12", as_of="2027-12")
    instead = {"road": order(12, "hp_300", rule="chosen", in_place_of=[{"site_type": "urban public"}])}
    found = built(towards="2027-12", as_of="2027-12", orders=instead, sites_from=source)
    assert found.sites.n_evse.sum() == plan.sites.n_evse.sum()
    assert found.ledger.cost_cny.sum() == pytest.approx(plan.ledger.cost_cny.sum(), rel=1e-9)


def test_a_later_order_takes_nothing_from_sites_that_were_chosen(tmp_path: Path) -> None:
    source = table(tmp_path, "town,110105,116.4,39.9,400")
    town = order(400, "hp_300", "urban public", rule="chosen", in_place_of=[{}])
    road = order(40_000, "hp_300", in_place_of=[{"site_type": "urban public"}])
    plan = built(towards="2027-12", as_of="2027-12")
    found = built(towards="2027-12", as_of="2027-12", orders={"town": town, "road": road}, sites_from=source)
    assert found.ledger.n_evse[found.ledger.order == "town"].tolist() == [400]
    assert found.sites.n_evse.sum() == plan.sites.n_evse.sum()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"n_evse": 11}, r"road\.n_evse: found 11; wanted the 12 of its sites"),
        ({"provinces": ["GD"]}, r"road\.provinces: found sites in other provinces"),
        ({"site_type": "county"}, "places that are not a county"),
        ({"replaces": "dc_30"}, "'chosen' with an upgrade"),
        ({"n_evse": 2000}, "2,000; wanted the 12"),
    ],
)
def test_an_order_that_its_sites_contradict_is_refused(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        built(as_of="2026-12", orders=orders(**more), sites_from=table(tmp_path, *ROWS))


def test_an_order_without_sites_and_a_side_without_power_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="rule 'chosen' and no site"):
        built(as_of="2026-12", orders={"road": order(4, rule="chosen")})
    source = table(tmp_path, "road,G1-0001-A,,,900")
    with pytest.raises(ConfigError, match="of 900 EVSEs that no transformer can feed"):
        built(as_of="2026-12", orders={"road": order(900, rule="chosen")}, sites_from=source)


def test_every_wrong_row_of_a_table_is_told(tmp_path: Path) -> None:
    rows = (
        "road,G1-0001-A,1,,4", "road,G1-0003-A,,,8.5", "no,110105,116.4,39.9,4", "town,xx,116.4,39.9,4",
        "town,110105,216.5,39.9,2", "road,G1-0002-A,,,1", "road,G1-0002-A,,,1", "town,110105,,,2", "road,G1-0004-A,,,inf",
    )  # fmt: skip
    with pytest.raises(DataError) as told:
        read_chosen(table(tmp_path, *rows), *nation(), {"road", "town"})
    lines = str(told.value).splitlines()
    assert [line.split(":")[1].split(" ")[0] for line in lines] == ["2", "3", "4", "5", "6", "8", "9", "10"]
    for text in ("a side with coordinates", "8.5 EVSEs", "no order of the scenario", "no such place", "216.5", "again"):
        assert text in str(told.value)


@settings(max_examples=60)
@given(st.text(max_size=80))
def test_no_text_is_a_table_by_accident(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sites.csv"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError):
            read_chosen(str(path), *nation(), {"road"})
