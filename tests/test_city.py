"""A city on its own streets: zones, people, tours and traffic by hand and by law, and whole runs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import twin
from tests.oracle import live_both
from tests.towns import EAST_DEG, LAT, LON, N_STREETS, NORTH_DEG, town_config, write_streets
from twin import city
from twin.city.activity import read_activity
from twin.city.build import CityPlaces
from twin.city.days import COMMUTER_SHARE, extra_share, mean_short_stay_s
from twin.city.destinations import build_destinations, pick
from twin.city.fleet import count_fleet, other_cars
from twin.city.polygons import area_km2, inside, read_polygons
from twin.city.streets import load_streets
from twin.city.tours import build_tours
from twin.city.traffic import build_traffic
from twin.city.zones import build_zoning
from twin.config import City
from twin.errors import ConfigError, DataError
from twin.fleet import figures
from twin.fleet.calendar import build_calendar
from twin.fleet.counts import CAR, TAXI, VAN
from twin.fleet.local import build_local
from twin.nation import Demand, Supply
from twin.stations.files import import_stations
from twin.tables.columns import rows
from twin.tables.inputs import Itineraries, Vehicles

NANJING = Path(__file__).parents[2] / "shared" / "data" / "osm_raw" / "nanjing.osm.gz"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    write_streets(folder)
    return folder


@pytest.fixture(scope="module")
def places(town: Path) -> CityPlaces:
    return city.build_places(town_config(town))


@pytest.fixture(scope="module")
def supply(town: Path, places: CityPlaces) -> Supply:
    return city.build_supply(town_config(town), places)


@pytest.fixture(scope="module")
def demand(town: Path, places: CityPlaces, supply: Supply) -> Demand:
    return city.build_demand(town_config(town, period={"n_days": 2}), places, supply)


def test_each_node_lies_in_the_cell_that_it_stands_in(town: Path) -> None:
    streets = load_streets(str(town / "town.osm"))
    zoning = build_zoning(City(cell_km=2.05), streets)
    # Streets 1 km apart: nodes 0 to 2 of 7 in the first cell of 2.05 km, 3 and 4 in the second, 5 and 6 in the third.
    assert zoning.name.tolist() == [f"r{row:03d}c{column:03d}" for row in range(3) for column in range(3)]
    assert np.array_equal(np.bincount(zoning.of_node), [9, 6, 5, 6, 4, 4, 6, 4, 3])  # two corners join alike roads
    assert np.array_equal(zoning.of_node[zoning.node], np.arange(9))
    assert np.array_equal(zoning.locate(zoning.lon, zoning.lat), np.arange(9))
    assert zoning.locate(np.array([121.0]), np.array([31.0])) == [-1]
    assert np.allclose(zoning.area_km2, 2.05**2)


@pytest.mark.parametrize("cell_km", [0.1, 20.0])
def test_too_many_or_too_few_zones_are_refused(town: Path, cell_km: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.city.zones.MOST_ZONES", 40)
    with pytest.raises(ConfigError, match=r"city.cell_km: found .* zones with streets; wanted 2 to 40; take a"):
        build_zoning(City(cell_km=cell_km), load_streets(str(town / "town.osm")))


def square(west: float, south: float, side: float) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def write_zones(path: Path, features: list[Any]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def feature(zone: Any, rings: Any, kind: str = "Polygon") -> dict[str, Any]:
    return {"type": "Feature", "properties": {"zone": zone}, "geometry": {"type": kind, "coordinates": rings}}


def test_a_point_in_a_hole_is_outside(tmp_path: Path) -> None:
    ring, hole, island = square(118.0, 32.0, 0.4), square(118.1, 32.1, 0.2), square(118.18, 32.18, 0.04)
    drawn = read_polygons(
        write_zones(tmp_path / "z.json", [feature("a", [[ring, hole]], "MultiPolygon"), feature(7, [island])])
    )
    lon, lat = np.array([118.05, 118.12, 118.2, 117.9]), np.array([32.05, 32.12, 32.2, 32.2])
    assert drawn.name.tolist() == ["a", "7"]
    assert inside(drawn, lon, lat).tolist() == [0, -1, 1, -1]
    km2 = (111.32**2) * np.cos(np.radians(32.2))
    assert np.allclose(area_km2(drawn, 32.2), [km2 * (0.16 - 0.04), km2 * 0.0016])


def test_polygons_cut_the_town_as_drawn(town: Path, tmp_path: Path) -> None:
    west, east = feature("west", [square(118.5, 31.9, 0.29)]), feature("east", [square(118.79, 31.9, 0.3)])
    zones = write_zones(tmp_path / "zones.geojson", [east, west])
    found = city.build_places(town_config(town, city={"zones": str(zones)}))
    assert found.regions.zone_id.tolist() == ["east", "west"]
    assert found.network.node_lon[found.network.zone_node[0]] > 118.79 > found.network.node_lon[found.network.zone_node[1]]


def test_every_fault_of_a_file_of_zones_is_told(tmp_path: Path) -> None:
    features = [
        feature("a", [square(118, 32, 1)]),
        feature("a", [square(119, 32, 1)]),
        feature(None, []),
        feature("b", [[[0, 0]]]),
    ]
    with pytest.raises(DataError) as fault:
        read_polygons(write_zones(tmp_path / "z.json", features))
    assert [line.partition(":")[0] for line in str(fault.value).splitlines()] == [str(tmp_path / "z.json")] * 4
    assert "zone 'a' again" in str(fault.value)
    assert "no id" in str(fault.value)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"features": []}', "\x00", "[" * 100_000, '{"features": {"a": 1}}'])
def test_what_is_no_file_of_zones_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "z.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"z\.json: found .*; wanted a"):
        read_polygons(tmp_path / "z.json")


def test_a_zone_without_streets_is_named(town: Path, tmp_path: Path) -> None:
    far = write_zones(
        tmp_path / "z.json", [feature("here", [square(118.7, 31.9, 0.3)]), feature("far", [square(10, 10, 1)])]
    )
    with pytest.raises(DataError, match="zone far: found no node of the streets in it"):
        build_zoning(City(zones=str(far)), load_streets(str(town / "town.osm")))


def test_every_fault_of_a_table_of_activity_is_told(tmp_path: Path) -> None:
    table = tmp_path / "who.csv"
    table.write_text("zone,jobs,population\na,1,5\nb,-2,x\nc,1,1\na,1,1\na,2\n", encoding="utf-8")
    with pytest.raises(DataError) as fault:
        read_activity(table, np.array(["a", "b"], object))
    assert [line.split(":")[1].split()[0] for line in str(fault.value).splitlines()] == ["3", "3", "4", "5", "6"]
    table.write_text("zone,people\n", encoding="utf-8")
    with pytest.raises(DataError, match="found columns zone, people; wanted zone, population, jobs"):
        read_activity(table, np.array(["a"], object))


def test_a_table_says_who_lives_where(town: Path, tmp_path: Path) -> None:
    table = tmp_path / "who.csv"
    table.write_text("zone,population,jobs\nr000c000,900,0\nr003c003,100,50\nr001c001,0,50\n", encoding="utf-8")
    found = city.build_places(town_config(town, city={"activity": str(table)}))
    people = dict(zip(found.regions.zone_id, found.people.residents, strict=True))
    assert people["r000c000"] == 900
    assert people["r003c003"] == 100
    assert found.people.residents.sum() == 1000
    assert found.people.jobs.sum() == 100


def test_shares_have_to_add_up() -> None:
    with pytest.raises(ValueError, match=r"shares should add up to 1, they add up to 0\.9"):
        City(kind_shares={"car": 0.5, "taxi": 0.4})


def test_a_city_asks_for_its_streets(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a city .* needs streets"):
        town_config(tmp_path, network={"source": "backbone"})
    with pytest.raises(DataError, match=r"wanted the streets of a city; get them by name with `twin network build"):
        city.build_places(town_config(tmp_path))


def test_streets_without_a_core_leave_nothing_behind(tmp_path: Path) -> None:
    write_streets(tmp_path, 3, "footway")
    (tmp_path / "town.osm").write_text((tmp_path / "town.osm").read_text().replace("residential", "footway"))
    with pytest.raises(DataError):
        twin.run(town_config(tmp_path), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_people_of_the_census_live_where_residential_streets_are(places: CityPlaces) -> None:
    residents, regions = places.people.residents, places.regions
    assert regions.province_code.tolist() == ["JS"]
    assert 0 < residents.sum() < 3_000_000  # of the nine million of the whole prefecture
    west = regions.zone_lon < regions.zone_lon.min() + 0.001
    assert residents[west].min() > residents[~west].max()


def test_the_city_has_its_share_of_the_nation(town: Path, places: CityPlaces) -> None:
    config = town_config(town, fleet={"n_vehicles": None})
    counted = count_fleet(config, places.nation, places.people)
    per_head = counted.n_vehicles.sum() / places.people.residents.sum()
    assert 0.05 < per_head < 0.2
    assert counted.n_vehicles[CAR] > 20 * counted.n_vehicles[TAXI] > 0
    own = count_fleet(town_config(town, city={"kind_shares": {"car": 0.5, "van": 0.5}}), places.nation, places.people)
    assert own.n_vehicles.tolist() == [200, 0, 200, 0, 0]


def test_stations_stand_on_the_streets_of_their_zone(places: CityPlaces, supply: Supply) -> None:
    stations, pools = supply.inventory.stations, supply.inventory.pools
    assert np.all(np.diff(stations.zone) >= 0)
    assert np.array_equal(stations.zone, stations.county)
    node_at = {
        (lon, lat): node
        for node, (lon, lat) in enumerate(zip(places.network.node_lon, places.network.node_lat, strict=True))
    }
    node = np.array([node_at[at] for at in zip(stations.lon, stations.lat, strict=True)])
    assert np.array_equal(places.zoning.of_node[node], stations.zone)
    listed = supply.inventory.link_pools
    into = np.repeat(places.network.link_to, np.diff(listed.first))
    assert np.array_equal(into, node[pools.station][listed.pool])
    assert len(listed.pool) == sum(np.sum(places.network.link_to == at) for at in node[pools.station])
    assert pools.first_evse.tolist() == np.concatenate([[0], np.cumsum(pools.n_evse)[:-1]]).tolist()


def test_a_list_of_stations_stands_in_place_of_the_stock(town: Path, places: CityPlaces, tmp_path: Path) -> None:
    at = [
        (LON, LAT),
        (LON + 3 * EAST_DEG, LAT + 3 * NORTH_DEG),
        (LON + 3.1 * EAST_DEG, LAT + 3.1 * NORTH_DEG),
        (121.0, 31.0),
    ]
    rows = [f"s{row},{lon},{lat},urban,{4 + row},120,both" for row, (lon, lat) in enumerate(at)]
    text = "\n".join(["id,lon,lat,layer,n_evse,rated_power_kw,serves", *rows])
    (tmp_path / "table.csv").write_text(text, encoding="utf-8")
    import_stations(tmp_path / "table.csv", tmp_path / "list.parquet")
    config = town_config(town, stations={"source": str(tmp_path / "list.parquet")})
    inventory = city.build_supply(config, places).inventory
    assert sorted(inventory.pools.n_evse) == [4, 5, 6]  # Shanghai is left out
    # At the middle crossing stand two of them, so four links lead to both.
    assert sorted(np.diff(inventory.link_pools.first))[-4:] == [2, 2, 2, 2]
    assert len(inventory.link_pools.pool) == 2 + 4 + 4
    counts = twin.run(config, out=tmp_path / "run").manifest["counts"]
    assert counts["n_errands_begun"] > 0


def test_destinations_have_the_mean_length_of_the_seeds_or_all_the_streets_give(places: CityPlaces) -> None:
    residents, jobs = places.people.residents, places.people.jobs
    short = build_destinations(places.routes, residents, jobs)
    flat = np.where(np.eye(len(jobs)) > 0, 0.0, jobs[None])
    assert np.allclose(short.shares, flat / flat.sum(axis=1, keepdims=True))  # streets of 6 km end before the mean trip
    wide = dataclasses.replace(places.routes, skim_m=places.routes.skim_m * 5, skim_s=places.routes.skim_s * 5)
    fitted = build_destinations(wide, residents, jobs)
    mean_km = np.sum(residents[:, None] * fitted.shares * fitted.km) / residents.sum()
    assert mean_km == pytest.approx(figures.travel("private_car", "trip_length_mean"), abs=1e-3)
    u = (np.arange(200_000) + 0.5) / 200_000
    drawn = np.bincount(pick(fitted, np.zeros(len(u), np.int64), u, (u * 7919) % 1.0), minlength=len(jobs)) / len(u)
    assert np.abs(drawn - fitted.shares[0]).max() < 2e-3


def tours_of(
    n_vehicles: int, kind: int, places: CityPlaces, town: Path, n_days: int = 2
) -> tuple[Itineraries, Vehicles, Any]:
    """Draw tours of many vehicles of one kind with homes all over the town; class 0 is of that kind."""
    config = town_config(town, period={"n_days": n_days})
    vehicles = rows(Vehicles, n_vehicles)
    vehicles.home[:] = np.sort(np.arange(n_vehicles) % places.regions.n_zones)
    calendar = build_calendar(config)
    local = build_local(config, calendar, places.regions)
    destinations = build_destinations(places.routes, places.people.residents, places.people.jobs)
    tours = build_tours(5, calendar, vehicles, np.array([kind], np.uint8), local, destinations)
    return tours, vehicles, (local, destinations)


@pytest.mark.parametrize("kind", [CAR, TAXI, VAN])
def test_every_tour_goes_from_place_to_place_and_closes_at_home(kind: int, places: CityPlaces, town: Path) -> None:
    tours, vehicles, _ = tours_of(3000, kind, places, town)
    vehicle = np.repeat(np.arange(3000), np.diff(tours.first))
    same = vehicle[1:] == vehicle[:-1]
    assert np.all(np.diff(tours.depart_s)[same] > 0)
    assert np.all(tours.goal[1:][same] != tours.goal[:-1][same])
    first = tours.first[:-1][np.diff(tours.first) > 0]
    assert np.all(tours.goal[first] != vehicles.home[vehicle[first]])
    last = tours.first[1:][np.diff(tours.first) > 0] - 1
    assert np.array_equal(tours.goal[last], vehicles.home[vehicle[last]])
    is_home = tours.goal == vehicles.home[vehicle]
    assert tours.is_stay[is_home].all()
    assert tours.is_stay[~is_home].all() if kind != VAN else not tours.is_stay[~is_home].any()


def test_cars_drive_as_often_as_the_seeds_say(places: CityPlaces, town: Path) -> None:
    tours, _vehicles, (local, _) = tours_of(40_000, CAR, places, town, n_days=1)
    n_trips = np.diff(tours.first)
    assert np.mean(n_trips > 0) == pytest.approx(local.p_drive[CAR, 0], abs=0.01)
    assert n_trips[n_trips > 0].mean() == pytest.approx(figures.travel("private_car", "trips_per_day"), abs=0.01)
    assert set(n_trips) == {0, 2, 3, 4}
    assert [extra_share(factor) for factor in (0.5, 1.0, 2.0)] == [0.0, pytest.approx(0.3), 1.0]
    assert 1.0 - np.exp(-3600.0 / mean_short_stay_s()) == pytest.approx(
        figures.travel("private_car", "share_parking_below_1h")
    )


def test_who_commutes_drives_to_one_workplace(places: CityPlaces, town: Path) -> None:
    tours, _, _ = tours_of(20_000, CAR, places, town)
    first = tours.first[:-1]
    day = tours.depart_s // 86_400
    vehicle = np.repeat(np.arange(20_000), np.diff(tours.first))
    began = np.array([np.searchsorted(vehicle * 2 + day, 2 * np.arange(20_000) + which) for which in range(2)])
    both = np.flatnonzero(
        (np.diff(tours.first) > 0) & (began[1] < tours.first[1:]) & (day[np.minimum(first, len(day) - 1)] == 0)
    )
    is_same = tours.goal[began[0][both]] == tours.goal[began[1][both]]
    assert is_same.mean() == pytest.approx(COMMUTER_SHARE, abs=0.015)  # a few others meet by chance


@pytest.mark.parametrize("kind", [TAXI, VAN])
def test_rounds_have_the_kilometres_of_the_day(kind: int, places: CityPlaces, town: Path) -> None:
    tours, vehicles, (local, destinations) = tours_of(3000, kind, places, town, n_days=1)
    vehicle = np.repeat(np.arange(3000), np.diff(tours.first))
    origin = np.concatenate([[0], tours.goal[:-1]])
    starts = tours.first[:-1][np.diff(tours.first) > 0]
    origin[starts] = vehicles.home[vehicle[starts]]
    km = np.bincount(vehicle, destinations.km[origin, tours.goal], 3000)
    wanted = local.km_quantile[kind, 0]
    assert km.max() <= wanted[-1]
    assert 0.9 * wanted.mean() < km[km > 0].mean() <= wanted.mean() * 1.01


def test_other_cars_fill_the_streets_up_to_what_they_carry(places: CityPlaces, town: Path) -> None:
    config = town_config(town)
    calendar = build_calendar(config)
    local = build_local(config, calendar, places.regions)
    destinations = build_destinations(places.routes, places.people.residents, places.people.jobs)

    def flow(n_other: float) -> Any:
        return build_traffic(
            calendar, places.network, places.routes, destinations, places.people.residents, n_other, 0, local
        )

    few, twice, many = flow(1000.0), flow(2000.0), flow(1e9)
    assert np.allclose(2.0 * few.flow_per_h, twice.flow_per_h)
    # All trips of a day, each as long as its way.
    wanted = 1000 * 2.6 * local.p_drive[CAR, 0]
    one_way = destinations.shares * (places.people.residents / places.people.residents.sum())[:, None]
    km = wanted * np.sum(0.5 * (one_way + one_way.T) * destinations.km)
    assert np.sum(24 * few.flow_per_h[0] * places.network.link_length_m) / 1000 == pytest.approx(km)
    assert few.hour_shape.mean() == pytest.approx(1.0)
    assert np.all(many.flow_per_h * many.hour_shape.max() <= 1.2 * places.network.link_capacity_per_h + 1e-9)
    assert other_cars(places.regions, 10**9) == 0.0


def test_engine_and_reference_live_the_same_city(town: Path, places: CityPlaces, supply: Supply) -> None:
    config = town_config(town, fleet={"n_vehicles": 60}, city={"kind_shares": {"car": 0.7, "taxi": 0.2, "van": 0.1}})
    happened = live_both(city.build_demand(config, places, supply).given)
    assert happened["served"]
    assert happened["home charge"]
    assert happened["depot charge"]
    assert happened["trip ended"]


def test_any_number_of_workers_leaves_the_same_tables(town: Path, tmp_path: Path) -> None:
    first, second = (twin.run(town_config(town), out=tmp_path / f"w{n}", workers=n) for n in (1, 3))
    for table in sorted(first.path.glob("**/*.parquet")):
        assert table.read_bytes() == (second.path / table.relative_to(first.path)).read_bytes(), table.name
    counts = first.manifest["counts"]
    assert counts["n_trips_begun"] == counts["n_trips_ended"] + counts["n_trips_under_way"] + counts["n_stranded"]
    assert all(law["holds"] for law in first.audit["laws"])
    assert counts["home_kwh"] > 0
    assert counts["depot_kwh"] > 0
    assert counts["n_errands_begun"] > 0
    page = (first.path / "report.html").read_text(encoding="utf-8")
    assert "a city on its own streets" in page
    assert 'id="provinces"' not in page
    assert 'id="policy"' not in page
    metrics = first.arrays("metrics")
    figure = dict(zip(metrics["metric"], metrics["value"], strict=True))
    assert 0.5 < figure["mean_trip_km"] < 1.5 * N_STREETS
    assert "townships_with_station" not in figure
    assert {line["name"] for line in first.manifest["inputs"]} >= {"town.osm"}


@pytest.mark.skipif(not NANJING.exists(), reason="the extract of Nanjing is not beside the project")
def test_nanjing_end_to_end(tmp_path: Path) -> None:
    config = twin.load("configs/city-nanjing.yaml", ["fleet.n_vehicles=3000", f"network.source={NANJING}"])
    run = twin.run(config, out=tmp_path / "run", workers=2)
    counts = run.manifest["counts"]
    assert counts["n_stranded"] == 0
    assert counts["n_trips_begun"] > 6000
    assert all(law["holds"] for law in run.audit["laws"])
    stations = run.arrays("stations")
    assert np.all((stations["lon"] > 118.70) & (stations["lon"] < 118.84))
    assert counts["trip_km"] / counts["n_trips_begun"] == pytest.approx(7.0, abs=1.0)
