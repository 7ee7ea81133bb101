"""Provinces, zones and counties nest, lie where they should and add up to the nation."""

from __future__ import annotations

import numpy as np
import pytest

from tests.seed_figures import PUBLIC_EVSES, figure, nation
from twin.tables.seed_schema import PROVINCES
from twin.tables.seeds import read

CENSUS_2020 = 1_409_778_724
"""Usual residents of the 31 mainland provinces by locality, 2020 census."""
END_OF = {"2023": "2023-12", "2024": "2024-12", "2025": "2025-12", "2026": "2026-12", "2027": "2027-12"}
WIDE_ZONES = set(
    "Tongliao Ordos Hulunbuir Xilinhot Alxa Jiamusi Daxinganling Wenchuan Kangding Shigatse Nyingchi Nagqu Ngari "
    "Jiuquan Golmud Korla Yining Tacheng".split()
)
"""Prefectures so wide that a county lies more than 250 km from their seat."""


def distance_km(lon: np.ndarray, lat: np.ndarray, lon_to: np.ndarray, lat_to: np.ndarray) -> np.ndarray:
    """Great-circle distance by the haversine formula on a sphere of 6,371 km."""
    lon, lat, lon_to, lat_to = map(np.radians, (lon, lat, lon_to, lat_to))
    half = np.sin((lat_to - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat_to) * np.sin((lon_to - lon) / 2) ** 2
    return 2 * 6371.0 * np.arcsin(np.sqrt(half))


def test_people_of_zones_and_counties_are_those_of_the_census() -> None:
    zones, counties = read("zones"), read("counties")
    assert zones["population"].sum() == counties["population"].sum() == CENSUS_2020
    for name, people in zip(zones["zone"], zones["population"], strict=True):
        assert counties["population"][counties["zone"] == name].sum() == people
    urban = (counties["urban_share"] * counties["population"]).sum()
    assert urban == pytest.approx(899_991_162, rel=1e-4)


def test_places_nest_in_the_order_of_the_tables() -> None:
    provinces, zones, counties = read("provinces"), read("zones"), read("counties")
    assert tuple(provinces["province"]) == PROVINCES
    assert set(provinces["capital_zone"]) <= set(zones["zone"])
    order = [PROVINCES.index(code) for code in zones["province"]]
    assert order == sorted(order)
    assert set(order) == set(range(31))
    index = {name: row for row, name in enumerate(zones["zone"])}
    place = [(index[zone], code) for zone, code in zip(counties["zone"], counties["county"], strict=True)]
    assert place == sorted(place)
    assert {zone for zone, _ in place} == set(index.values())
    assert all(zones["province"][zone] == code for (zone, _), code in zip(place, counties["province"], strict=True))
    assert 337 <= len(index) <= 345
    assert 2840 <= len(place) <= 2870


def test_counties_lie_in_china_near_their_zone_and_apart() -> None:
    zones, counties = read("zones"), read("counties")
    index = {name: row for row, name in enumerate(zones["zone"])}
    home = np.array([index[name] for name in counties["zone"]])
    apart = distance_km(counties["lon"], counties["lat"], zones["lon"][home], zones["lat"][home])
    assert set(zones["zone"][home[apart > 250.0]]) == WIDE_ZONES
    assert apart.max() < 530.0
    assert np.median(apart) < 50.0
    assert len(set(zip(counties["lon"].tolist(), counties["lat"].tolist(), strict=True))) == len(home)
    assert counties["lat"].min() > 18.0
    assert counties["lon"].max() < 135.1


def test_known_distances_between_zones_hold() -> None:
    zones = read("zones")
    at = {name: row for row, name in enumerate(zones["zone"])}
    lon, lat = zones["lon"], zones["lat"]
    for here, there, km in (("Beijing", "Shanghai", 1067), ("Guangzhou", "Shenzhen", 104), ("Urumqi", "Harbin", 3056)):
        a, b = at[here], at[there]
        assert distance_km(lon[a], lat[a], lon[b], lat[b]) == pytest.approx(km, rel=0.02)


@pytest.mark.parametrize(
    ("name", "year", "total"),
    [
        *(("nev_stock", year, nation("nev_stock", period)) for year, period in END_OF.items()),
        ("public_evses", "2023", nation("public_evses", "2023-12")),
        ("public_evses", "2024", nation("public_evses", "2024-12")),
        ("public_evses", "2025", PUBLIC_EVSES["2025-12"]),
        ("public_evses", "2026-06", PUBLIC_EVSES["2026-06"]),
        ("public_evses", "2027", PUBLIC_EVSES["2027-12"]),
    ],
)
def test_provinces_add_up_to_the_nation_exactly(name: str, year: str, total: float) -> None:
    values = figure(name, year)
    assert (values == np.rint(values)).all()
    assert int(values.sum()) == total


def test_shares_and_published_sums_of_provinces_hold() -> None:
    assert figure("heavy_truck_share", "2025").sum() == pytest.approx(1.0, abs=1e-9)
    assert figure("public_energy", "2025-12").sum() == pytest.approx(9.07, rel=2e-3)
    assert figure("n_counties", "2023").sum() == pytest.approx(2844, abs=10)
    assert figure("expressway_km", "2024").sum() == pytest.approx(191_000, rel=0.01)
    stock, bev = figure("nev_stock", "2025"), figure("bev_share", "2025")
    assert (stock * bev).sum() / stock.sum() == pytest.approx(nation("bev_share", "2025-12"), abs=0.02)
    assert figure("population", "2024").sum() == pytest.approx(CENSUS_2020, rel=0.005)


def test_registered_vehicles_of_zones_are_the_published_total() -> None:
    assert read("zones")["nev_2022"].sum() == 13_198_409
