"""Trunk roads and depots: the graph of neighbours, the places of sites, and orders that name both kinds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.test_buildout import built, nation, order, standing
from twin.stations.inventory import national_extent
from twin.stations.placement import Extent
from twin.stations.sites import DEPOT_SHARE, TRUNK_SHARE
from twin.stations.sphere import on_sphere_km
from twin.stations.stock import read_cells
from twin.stations.trunk_roads import road_points, trunk_km, trunk_points, trunk_roads
from twin.tables.inputs import LAYERS, SITE_TYPES

TRUNK, DEPOT = SITE_TYPES.index("trunk road"), SITE_TYPES.index("depot")
POINTS = st.lists(
    st.tuples(st.floats(104.0, 106.0), st.floats(30.0, 32.0)), min_size=2, max_size=12, unique=True
)  # fmt: skip


def extent_of(points: list[tuple[float, float]], town_km: float = 2.0, county_km: float = 500.0) -> Extent:
    lon, lat = np.array(points).T
    return Extent(lon, lat, np.full(len(lon), town_km), np.full(len(lon), county_km))


@given(POINTS)
@settings(max_examples=60, deadline=None)
def test_roads_join_those_with_nobody_in_the_circle_between_them(points: list[tuple[float, float]]) -> None:
    """Every pair, by the definition of Gabriel and Sokal; both halves of each road are there."""
    extent = extent_of(points)
    at = on_sphere_km(extent.lon, extent.lat)
    wanted = set()
    for a in range(len(at)):
        for b in range(len(at)):
            others = [k for k in range(len(at)) if k not in (a, b)]
            middle, radius = (at[a] + at[b]) / 2, np.linalg.norm(at[a] - at[b]) / 2
            if a != b and all(np.linalg.norm(at[k] - middle) >= radius - 1e-6 for k in others):
                wanted.add((a, b))
    found = trunk_roads(extent)
    assert set(zip(found.county.tolist(), found.towards.tolist(), strict=True)) == wanted
    assert (np.diff(found.county) >= 0).all()


def test_a_road_leaves_the_towns_and_ends_half_way() -> None:
    """Two towns 100 km apart: 48 km of road for each, cut off at the edge of the county where that is nearer."""
    points = [(105.0, 30.0), (105.0, 30.0 + 100.0 / 111.1949)]
    assert trunk_km(extent_of(points)) == pytest.approx([48.0, 48.0], rel=1e-3)
    assert trunk_km(extent_of(points, county_km=20.0)) == pytest.approx([18.0, 18.0], rel=1e-3)
    county, lon, lat, piece_km = road_points(extent_of(points), 5.0)
    assert np.bincount(county, piece_km) == pytest.approx([48.0, 48.0], rel=1e-3)
    assert piece_km.max() <= 5.0
    away_km = np.linalg.norm(on_sphere_km(lon, lat) - on_sphere_km(*np.array(points[:1]).T), axis=1)[county == 0]
    assert away_km.min() > 2.0
    assert away_km.max() < 50.0


def test_sites_of_a_county_spread_along_all_its_roads() -> None:
    extent = extent_of([(105.0, 30.0), (105.0, 30.9), (106.0, 30.0)])
    lon, lat = trunk_points(extent, np.zeros(100, np.int64), np.arange(100))
    away_km = np.linalg.norm(on_sphere_km(lon, lat) - on_sphere_km(extent.lon[:1], extent.lat[:1]), axis=1)
    assert ((away_km > 2.0) & (away_km < 52.0)).all()
    north, east = (lat > 30.0).sum(), (lon > 105.0).sum()
    assert north + east == 100
    assert abs(north - 51) <= 2
    alone = trunk_points(extent_of([(105.0, 30.0)]), np.zeros(1, np.int64), np.zeros(1, np.int64))
    assert [float(part[0]) for part in alone] == [105.0, 30.0]


def test_the_stock_has_its_part_at_trunk_roads_and_depots_and_keeps_its_sums() -> None:
    cells, sites = standing()
    extent = national_extent(nation()[0])
    strong = (cells.layer == LAYERS.index("rural")) & (cells.rated_w >= 60_000) & ~cells.for_trucks
    at_roads = sites.site_type == TRUNK
    n = sites.n_evse[at_roads].sum(axis=0)
    assert not n[~strong].any()
    part = TRUNK_SHARE * cells.n_evse[strong].sum()
    assert part - 31 * strong.sum() <= n.sum() <= part
    assert (sites.layer[at_roads] == LAYERS.index("rural")).all()
    away_km = np.linalg.norm(on_sphere_km(sites.lon, sites.lat) - on_sphere_km(extent.lon, extent.lat)[sites.county], axis=1)
    is_outside = away_km > 0.99 * extent.town_km[sites.county]
    assert is_outside[at_roads].mean() > 0.99  # but where towns have grown together
    depots = sites.site_type == DEPOT
    assert (sites.layer[depots] == LAYERS.index("urban")).all()
    town_km = np.maximum(extent.town_km, 0.5)[sites.county[depots]]
    assert (away_km[depots] > 0.99 * np.sqrt(0.5) * town_km).all()
    quick = sites.n_evse[:, (cells.layer == LAYERS.index("urban")) & ~cells.for_trucks & (cells.rated_w >= 60_000)].any(
        axis=1
    )
    assert abs(depots.sum() / quick.sum() / DEPOT_SHARE - 1.0) < 0.1
    plugs = cells.n_batteries == 0
    assert (sites.n_evse[:, plugs].sum(axis=0) == read_cells("2025-12").n_evse).all()


@pytest.mark.parametrize(("site_type", "layer"), [("trunk road", "rural"), ("depot", "urban")])
def test_orders_name_trunk_roads_and_depots(site_type: str, layer: str) -> None:
    """They get sites of their own beside those that stand, of the class and for those whom the order names."""
    _, before = standing()
    found = built(as_of="2026-12", orders={"a": order(4000, "hp_480", site_type, serves="any", provinces=["HE", "GD"])})
    new = found.sites.take(np.arange(len(before.county), len(found.sites.county)))
    new = new.take(np.flatnonzero(new.n_evse.any(axis=1)))
    assert set(new.site_type.tolist()) == {SITE_TYPES.index(site_type)}
    assert set(new.layer.tolist()) == {LAYERS.index(layer)}
    cell = np.flatnonzero(new.n_evse.any(axis=0))
    assert new.n_evse.sum() == 4000
    assert found.cells.power_class_names[found.cells.power_class[cell]].tolist() == ["hp_480"]
    assert found.cells.for_trucks[cell].all()
    codes = nation()[0].province_code[nation()[0].county_province[new.county]]
    assert set(codes.tolist()) == {"HE", "GD"}
    places = set(zip(before.lon.tolist(), before.lat.tolist(), strict=True))
    assert not places & set(zip(new.lon.tolist(), new.lat.tolist(), strict=True))
    assert 4000 / len(new.county) == pytest.approx(8.0 if site_type == "trunk road" else 14.0, rel=0.1)
