"""The inventory of stations: counts, ids, places, limits and markets."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from twin.config import Config
from twin.errors import DataError
from twin.network import load_backbone, load_regions
from twin.stations import Inventory, build_inventory
from twin.stations.hilbert import hilbert_index
from twin.stations.layers import MOST_PER_SIDE
from twin.stations.limits import TRANSFORMER_KVA, site_limit_w
from twin.stations.placement import offset
from twin.stations.service_areas import BANK_EVSE, Sides, service_sites
from twin.stations.sphere import on_sphere_km
from twin.tables import seeds
from twin.tables.inputs import LAYERS, MARKETS, SERVES_TRUCKS, SITE_TYPES

HIGHWAY = LAYERS.index("highway")


@cache
def regions():
    return load_regions()


@cache
def network():
    return load_backbone(regions())


@cache
def inventory(stock: str = "2027-12", sample: float = 1.0) -> Inventory:
    config = Config.model_validate({"stations": {"stock": stock}, "fleet": {"sample": sample}})
    return build_inventory(config, regions(), network())


def by_station(inv: Inventory, of_pool: np.ndarray) -> np.ndarray:
    sums = np.zeros(len(inv.stations.zone), np.int64)
    np.add.at(sums, inv.pools.station, of_pool.astype(np.int64))
    return sums


@pytest.mark.parametrize("stock", ["2025-12", "2026-06", "2027-12"])
def test_the_national_stock_is_met_exactly_by_layer_class_and_use(stock):
    inv = inventory(stock)
    table = seeds.read("charger_stock")
    layer = inv.stations.layer[inv.pools.station]
    rows = np.flatnonzero(table["date"] == stock)
    for row in rows:
        serves = {"car": 1, "truck": 2, "any": 3}[table["serves"][row]]
        power_class = inv.power_class_names.tolist().index(table["power_class"][row])
        chosen = layer == LAYERS.index(table["layer"][row])
        chosen &= (inv.pools.power_class == power_class) & (inv.pools.serves == serves) & (inv.pools.n_batteries == 0)
        assert inv.pools.n_evse[chosen].sum() == table["n_evses"][row], row
    bays = seeds.read("swap_stock")
    n_bays = bays["n_bays"][bays["date"] == stock].sum()
    assert inv.pools.n_evse[inv.pools.n_batteries > 0].sum() == n_bays
    assert inv.n_evse_total == table["n_evses"][rows].sum() + n_bays


def test_provinces_get_their_share_of_every_class():
    inv = inventory()
    table = seeds.read("charger_provinces")
    place = inv.stations.province[inv.pools.station]
    layer = inv.stations.layer[inv.pools.station]
    for name in ("urban", "rural"):
        rows = np.flatnonzero((table["date"] == "2027-12") & (table["layer"] == name))
        share = np.zeros(regions().n_provinces)
        share[[regions().province_code.tolist().index(code) for code in table["province"][rows]]] = table["share"][rows]
        for power_class in range(len(inv.power_class_names)):
            chosen = (layer == LAYERS.index(name)) & (inv.pools.power_class == power_class)
            chosen &= inv.pools.serves & SERVES_TRUCKS == 0
            n = np.bincount(place[chosen], inv.pools.n_evse[chosen], regions().n_provinces)
            assert (np.abs(n - n.sum() * share / share.sum()) <= 1).all()


def test_no_province_has_more_at_its_service_areas_than_they_hold():
    inv = inventory()
    sides = np.bincount(network().site_province, minlength=31)
    at_sides = inv.stations.layer[inv.pools.station] == HIGHWAY
    place = inv.stations.province[inv.pools.station[at_sides]]
    n = np.bincount(place, inv.pools.n_evse[at_sides], 31)
    table = seeds.read("charger_provinces")
    rows = np.flatnonzero((table["date"] == "2027-12") & (table["layer"] == "highway"))
    wanted = dict(zip(table["province"][rows], table["share"][rows] * n.sum(), strict=True))
    wanted = np.array([wanted[code] for code in regions().province_code])
    full = wanted > MOST_PER_SIDE * sides + 15
    assert full.any()
    assert (n[full] == MOST_PER_SIDE * sides[full]).all()
    assert (n[~full] >= wanted[~full] - 15).all()


def test_rows_are_sorted_and_ids_contiguous():
    stations, pools = inventory().stations, inventory().pools
    key = (stations.zone.astype(np.int64) * 10_000 + stations.county) * 10 + stations.layer
    assert (np.diff(key) >= 0).all()
    assert (regions().county_zone[stations.county] == stations.zone).all()
    assert (regions().county_province[stations.county] == stations.province).all()
    assert (np.diff(pools.station) >= 0).all()
    assert (stations.n_pools >= 1).all()
    assert stations.first_pool.tolist() == (np.cumsum(stations.n_pools) - stations.n_pools).tolist()
    assert (pools.station == np.repeat(np.arange(len(stations.zone)), stations.n_pools)).all()
    assert (pools.n_evse >= 1).all()
    assert (pools.first_evse == np.cumsum(pools.n_evse) - pools.n_evse).all()
    kind = ((pools.station.astype(np.int64) * 16 + pools.power_class) * 4 + pools.serves) * 2 + (pools.n_batteries > 0)
    assert len(np.unique(kind)) == len(kind)


def test_station_counts_and_sizes_are_the_countrys():
    inv = inventory()
    assert 300_000 < len(inv.stations.zone) < 400_000
    mean = inv.n_evse_total / len(inv.stations.zone)
    assert 14 <= mean <= 18
    earlier = inventory("2025-12")
    assert abs(len(earlier.stations.zone) / 320_000 - 1) < 0.06


def test_stations_stand_in_china_within_their_county():
    inv, stations = inventory(), inventory().stations
    assert ((stations.lon > 73.4) & (stations.lon < 135.1)).all()
    assert ((stations.lat > 18.1) & (stations.lat < 53.6)).all()
    local = stations.layer != HIGHWAY
    county = stations.county[local]
    centre = on_sphere_km(inv.extent.lon[county], inv.extent.lat[county])
    away_km = np.linalg.norm(on_sphere_km(stations.lon[local], stations.lat[local]) - centre, axis=1)
    reach_km = np.maximum(inv.extent.county_km, 1.5 * np.maximum(inv.extent.town_km, 0.5))[county]
    assert (away_km <= reach_km * 1.01 + 0.01).all()
    assert np.isfinite(stations.lon).all()


def test_a_point_is_put_at_its_distance():
    lon, lat = offset(np.array([116.4]), np.array([39.9]), np.array([10.0]), np.array([0.7]))
    gap_km = np.linalg.norm(on_sphere_km(lon, lat) - on_sphere_km(np.array([116.4]), np.array([39.9])))
    assert abs(gap_km - 10.0) < 0.03


def test_every_township_has_its_point_in_2027_and_some_lack_one_in_2025():
    for stock, is_full in (("2027-12", True), ("2025-12", False)):
        inv = inventory(stock)
        township = inv.stations.site_type == SITE_TYPES.index("township")
        n = np.bincount(inv.stations.county[township], minlength=regions().n_counties)
        assert (n <= inv.n_townships).all()
        assert (n.sum() == inv.n_townships.sum()) is np.bool_(is_full)
    of_province = np.bincount(regions().county_province, inv.n_townships)
    covered = np.bincount(inv.stations.province[township], minlength=31)
    assert abs(int((covered >= of_province).sum()) - 19) <= 1


def test_townships_hold_the_direct_current_that_the_plan_asks_for():
    inv = inventory()
    township = inv.stations.site_type[inv.pools.station] == SITE_TYPES.index("township")
    assert inv.pools.n_evse[township & (inv.pools.is_ac == 0)].sum() >= 14_000


# Service areas


def test_every_service_area_side_has_chargers_on_its_own_link():
    inv = inventory()
    at_side = inv.side >= 0
    assert (at_side == (inv.stations.layer == HIGHWAY)).all()
    assert sorted(inv.side[at_side].tolist()) == list(range(network().n_sites))
    assert (inv.stations.link[at_side] == network().site_link[inv.side[at_side]]).all()
    assert (inv.stations.province[at_side] == network().site_province[inv.side[at_side]]).all()
    assert (inv.stations.link[~at_side] == -1).all()


def test_strong_evses_come_in_banks_and_busy_sides_get_more():
    n = 40
    place = np.arange(n)
    sides = Sides(place, place, place.astype(float), place.astype(float), place)
    weight = 1.0 + place
    sites = service_sites(np.array([400, 33, 22]), np.array([0, 1, 1], np.uint8), weight, sides)
    assert sites.n_evse.sum(axis=0).tolist() == [400, 33, 22]
    strong = sites.n_evse[:, 1:].sum(axis=1)
    assert sorted(strong[strong > 0].tolist())[0] >= BANK_EVSE - 1
    assert (strong % BANK_EVSE != 0).sum() == 1
    ordinary = sites.n_evse[:, 0]
    assert ordinary.min() >= 2
    assert (np.diff(ordinary) >= 0).all()


# Limits


def test_the_transformer_of_a_known_site():
    rated_w = np.array([14 * 90_000, 2 * 7_000, 1 * 1_440_000, 40 * 480_000])
    strongest_w = np.array([90_000, 0, 1_440_000, 480_000])
    limit_w = site_limit_w(rated_w, strongest_w, np.array([14, 0, 1, 40]), 0.6, 0.955)
    per_kva_w = 950 * 0.955
    assert limit_w.tolist() == [int(1000 * per_kva_w), 14_000, 1_440_000, int((5 * 2500 + 500) * per_kva_w)]


def test_limits_leave_room_for_one_and_bind_at_large_sites():
    inv = inventory()
    is_plug = inv.pools.n_batteries == 0
    rated_w = by_station(inv, (inv.pools.n_evse * is_plug).astype(np.int64) * inv.pools.rated_power_w)
    n_dc = by_station(inv, inv.pools.n_evse * ((inv.pools.is_ac == 0) & is_plug))
    strongest_w = np.zeros(len(rated_w), np.int64)
    np.maximum.at(strongest_w, inv.pools.station, np.where((inv.pools.is_ac == 0) & is_plug, inv.pools.rated_power_w, 0))
    rack_w = by_station(inv, inv.pools.n_batteries.astype(np.int64) * inv.pools.rated_power_w)
    limit_w = inv.stations.site_limit_w - rack_w
    assert (limit_w <= rated_w).all()
    assert (limit_w >= strongest_w).all()
    assert (limit_w >= np.floor(0.6 * rated_w)).all()
    assert (limit_w[n_dc == 0] == rated_w[n_dc == 0]).all()
    high = by_station(inv, inv.pools.n_evse * inv.is_high_power[inv.pools.power_class]) >= 4
    assert (limit_w[high] < rated_w[high]).mean() > 0.95
    step_w = TRANSFORMER_KVA[0] * 950 * 0.955
    assert (limit_w[limit_w < rated_w] >= int(step_w)).all()


# Markets and links


def test_every_county_knows_four_pools_of_every_market():
    inv = inventory()
    first, pool = inv.markets.first, inv.markets.pool
    assert len(first) == regions().n_counties * len(MARKETS) + 1
    assert first[0] == 0
    assert first[-1] == len(pool)
    assert np.diff(first).min() >= 4
    market = np.repeat(np.arange(len(first) - 1) % len(MARKETS), np.diff(first))
    is_ac, serves = inv.pools.is_ac[pool], inv.pools.serves[pool]
    assert (inv.stations.layer[inv.pools.station[pool]] != HIGHWAY).all()
    assert ((serves & 1 == 1) & (is_ac == 0))[market == 0].all()
    assert ((serves & 1 == 1) & (is_ac == 1))[market == 1].all()
    assert (serves & 2 == 2)[market == 2].all()


def test_a_county_knows_all_of_its_own_pools_along_the_curve():
    inv = inventory()
    first, pool = inv.markets.first, inv.markets.pool
    county = inv.stations.county[inv.pools.station]
    position = hilbert_index(inv.stations.lon, inv.stations.lat)[inv.pools.station]
    fast = (inv.pools.is_ac == 0) & (inv.pools.serves & 1 == 1) & (inv.stations.layer[inv.pools.station] != HIGHWAY)
    for place in range(0, regions().n_counties, 97):
        row = pool[first[place * 3] : first[place * 3 + 1]]
        own = np.flatnonzero(fast & (county == place))
        assert set(own.tolist()) <= set(row.tolist())
        assert len(own) < 4 or len(own) == len(row)
        assert len(set(row.tolist())) == len(row)
        assert (np.diff(position[row]) >= 0).all()


def test_a_thin_county_looks_to_its_nearest_neighbours():
    inv = inventory(sample=0.01)
    first, pool = inv.markets.first, inv.markets.pool
    slow = (inv.pools.is_ac == 1) & (inv.stations.layer[inv.pools.station] != HIGHWAY)
    supply = np.bincount(inv.stations.county[inv.pools.station[slow]], minlength=regions().n_counties)
    sphere = on_sphere_km(regions().county_lon, regions().county_lat)
    for place in np.flatnonzero(supply < 4)[::150].tolist():
        near = np.argsort(np.linalg.norm(sphere - sphere[place], axis=1), kind="stable")
        wanted, known = [], 0
        for other in near.tolist():
            if known >= 4:
                break
            wanted += [other] * int(supply[other])
            known += int(supply[other])
        row = pool[first[place * 3 + 1] : first[place * 3 + 2]]
        assert sorted(inv.stations.county[inv.pools.station[row]].tolist()) == sorted(wanted)


def test_link_pools_are_those_of_the_stations_on_the_link():
    inv = inventory()
    first, pool = inv.link_pools.first, inv.link_pools.pool
    assert len(first) == network().n_links + 1
    link = np.repeat(np.arange(network().n_links), np.diff(first))
    assert (inv.stations.link[inv.pools.station[pool]] == link).all()
    on_road = np.flatnonzero(inv.stations.link[inv.pools.station] >= 0)
    assert sorted(pool.tolist()) == on_road.tolist()


# Names, luck, faults


def test_names_are_unique_and_say_what_stands_there():
    inv = inventory()
    names = inv.names()
    assert len(set(names.tolist())) == len(names)
    assert all(" service area " in name for name in names[inv.stations.layer == HIGHWAY])
    assert names[0].startswith(regions().zone_names[0])
    assert names.tolist() == inv.names().tolist()


def test_one_seed_gives_one_inventory_and_another_seed_another():
    again = build_inventory(Config(), regions(), network())
    for table, other in zip((*inventory().stations, *inventory().pools), (*again.stations, *again.pools), strict=True):
        assert np.array_equal(table, other)
    moved = build_inventory(Config.model_validate({"scenario": {"seed": 1}}), regions(), network(), sample=0.01)
    assert not np.array_equal(moved.stations.lon, inventory(sample=0.01).stations.lon)


def test_scenarios_share_the_places_of_their_stations():
    early, late = inventory("2025-12").stations, inventory().stations
    places = set(zip(late.lon.tolist(), late.lat.tolist(), strict=True))
    township = early.site_type == SITE_TYPES.index("township")
    stays = [(x, y) in places for x, y in zip(early.lon[township].tolist(), early.lat[township].tolist(), strict=True)]
    assert all(stays)


def test_carmakers_have_networks_of_their_own():
    inv = inventory()
    operators = seeds.read("operators")
    makers = set(operators["operator"][operators["is_carmaker"] == 1])
    assert makers == {"Li Auto", "GAC Aion", "XPeng", "Tesla"}
    name = inv.operator_names[inv.stations.operator[inv.pools.station]]
    assert (
        inv.pools.network == np.where(np.isin(name, sorted(makers)), inv.stations.operator[inv.pools.station] + 1, 0)
    ).all()
    assert inv.pools.network.any()


def test_operators_have_their_share():
    inv = inventory()
    shares = seeds.read("operators")["share"]
    n = np.bincount(inv.stations.operator, minlength=len(shares)) / len(inv.stations.operator)
    assert np.abs(n - shares / shares.sum()).max() < 0.005


def test_a_province_factor_multiplies_its_stock_alone():
    config = Config.model_validate({"stations": {"province_factors": {"GD": 1.2}}})
    more, plain = build_inventory(config, regions(), network()), inventory()
    urban = [
        np.bincount(
            inv.stations.province[inv.pools.station], inv.pools.n_evse * (inv.stations.layer[inv.pools.station] == 0)
        )
        for inv in (more, plain)
    ]
    gd = regions().province_code.tolist().index("GD")
    assert abs(urban[0][gd] - 1.2 * urban[1][gd]) <= 10
    assert np.array_equal(np.delete(urban[0], gd), np.delete(urban[1], gd))


def test_a_province_without_stations_is_named(tmp_path: Path):
    for name in ("charger_stock", "power_classes", "charger_provinces", "province_figures", "operators", "swap_stock"):
        shutil.copy(seeds.folder_of_seeds() / f"{name}.csv", tmp_path)
    path = tmp_path / "charger_provinces.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    cut = [",".join([*line.split(",")[:3], "0.0", *line.split(",")[4:]]) if line[:2] == "XZ" else line for line in lines]
    path.write_text("\n".join(cut) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="XZ"):
        build_inventory(Config(), regions(), network(), folder=tmp_path)


# Swap bays


def test_swap_bays_stand_where_trucks_charge_with_a_rack_each():
    inv = inventory()
    pool = np.flatnonzero(inv.pools.n_batteries)
    station = inv.pools.station[pool]
    assert (inv.pools.n_batteries[pool] == 8 * inv.pools.n_evse[pool]).all()
    assert (inv.pools.rated_power_w[pool] == 562_500).all()
    assert (inv.pools.serves[pool] == SERVES_TRUCKS).all()
    assert set(inv.stations.site_type[station]) == {SITE_TYPES.index("freight hub"), SITE_TYPES.index("service area")}
    assert len(np.unique(inv.stations.province[station])) >= 25
    rack_w = by_station(inv, inv.pools.n_batteries.astype(np.int64) * inv.pools.rated_power_w)
    assert (inv.stations.site_limit_w >= rack_w).all()


def test_swap_stations_are_as_many_as_the_scenario_says_and_leave_the_plugs_as_they_are():
    bays = {}
    for factor in (0.0, 1.0, 10.0):
        config = Config.model_validate({"swap": {"station_factor": factor, "batteries_per_bay": 3}})
        inv = build_inventory(config, regions(), network())
        is_swap = inv.pools.n_batteries > 0
        bays[factor] = int(inv.pools.n_evse[is_swap].sum())
        assert inv.pools.n_batteries.sum() == 3 * bays[factor]
        assert inv.pools.n_evse[~is_swap].sum() == 6_200_000
    assert bays == {0.0: 0, 1.0: 900, 10.0: 9000}
