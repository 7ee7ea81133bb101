"""The backbone is whole, and true to the ground in its lengths, lines and service areas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.osm_roads import fastest_km, read_roads
from tests.small_roads import small_network
from twin.errors import DataError
from twin.network import Network, Regions, Routes, build_routes, load_backbone, load_regions
from twin.network.classes import EXPRESSWAY, FERRY
from twin.tables import seeds

N_PAIRS = 500


@pytest.fixture(scope="module")
def regions() -> Regions:
    return load_regions()


@pytest.fixture(scope="module")
def backbone(regions: Regions) -> Network:
    return load_backbone(regions)


@pytest.fixture(scope="module")
def routes(backbone: Network) -> Routes:
    return build_routes(backbone)


# The graph itself.


def test_every_place_of_the_nation_can_be_driven_to_and_from(backbone: Network) -> None:
    """One strong component, in which every zone has its own node."""
    summary = backbone.summary()
    assert summary["n_strong_components"] == 1
    assert summary["share_in_largest"] == 1.0
    assert len(np.unique(backbone.zone_node)) == backbone.n_zones == 343
    np.testing.assert_array_equal(backbone.node_zone[backbone.zone_node], np.arange(backbone.n_zones))


def test_both_directions_of_a_road_mirror_each_other(backbone: Network) -> None:
    back = backbone.link_reverse
    np.testing.assert_array_equal(back[back], np.arange(backbone.n_links))
    np.testing.assert_array_equal(backbone.link_from[back], backbone.link_to)
    np.testing.assert_array_equal(backbone.link_length_m[back], backbone.link_length_m)


def test_links_are_listed_at_the_node_they_leave(backbone: Network) -> None:
    leaves = np.repeat(np.arange(backbone.n_nodes), np.diff(backbone.out_first))
    np.testing.assert_array_equal(backbone.link_from[backbone.out_link], leaves)
    np.testing.assert_array_equal(np.sort(backbone.out_link), np.arange(backbone.n_links))


def test_no_link_is_shorter_than_the_straight_line(backbone: Network) -> None:
    """Roads are at least as long as the straight line, up to what rounding of service-area points allows."""
    a, b = backbone.link_from, backbone.link_to
    mid = np.radians((backbone.node_lat[a] + backbone.node_lat[b]) / 2)
    east = 111.32 * np.cos(mid) * (backbone.node_lon[a] - backbone.node_lon[b])
    straight_km = np.hypot(east, 111.32 * (backbone.node_lat[a] - backbone.node_lat[b]))
    assert np.all(backbone.link_length_m / 1000 >= straight_km * 0.97 - 0.5)


def test_hainan_is_reached_by_ferry_only(backbone: Network, regions: Regions) -> None:
    is_hainan = backbone.node_province == list(regions.province_code).index("HI")
    crosses = is_hainan[backbone.link_from] != is_hainan[backbone.link_to]
    assert np.unique(backbone.link_kind[crosses]).tolist() == [FERRY]
    assert np.count_nonzero(backbone.link_kind == FERRY) == 2


def test_a_broken_graph_names_its_pieces() -> None:
    with pytest.raises(DataError, match=r"small: 2 pieces .* 2 nodes with 'node 0', 1 nodes with 'node 2'"):
        small_network([(0, 1, 1), (1, 0, 1), (1, 2, 1)], 3, [0])


def test_all_wrong_columns_are_told_at_once() -> None:
    with pytest.raises(DataError) as caught:
        small_network([(0, 1, 1), (1, 0, 0)], 2, [7])
    assert "zone_node of row 0: found 7; wanted 0 to 1" in str(caught.value)
    assert "link_length_m of link 1: found 0" in str(caught.value)


# Seeds: lines and service areas.


def test_every_service_area_has_two_sides_within_one_expressway_link() -> None:
    areas, links = seeds.read("service_areas"), seeds.read("backbone_links")
    row_of = {name: row for row, name in enumerate(links["link"])}
    road = np.array([row_of[name] for name in areas["link"]])
    assert set(links["kind"][road]) == {"expressway"}
    assert np.all((areas["at_km"] > 0) & (areas["at_km"] < links["length_km"][road]))
    for name in ("pair", "link", "at_km"):
        np.testing.assert_array_equal(areas[name][::2], areas[name][1::2])
    assert set(areas["direction"][::2]) == {"forward"}
    assert set(areas["direction"][1::2]) == {"backward"}
    assert len(areas["pair"]) == 2 * len(set(areas["pair"])) == 6650


def test_traffic_of_each_direction_passes_its_own_side(backbone: Network) -> None:
    """Both sides of a pair stand at one node, at the ends of links that meet there from opposite directions."""
    a, b = backbone.site_link[::2], backbone.site_link[1::2]
    np.testing.assert_array_equal(backbone.link_to[a], backbone.link_to[b])
    assert np.all(backbone.link_reverse[a] != b)
    assert np.all(backbone.link_kind[backbone.site_link] == EXPRESSWAY)
    areas = seeds.read("service_areas")
    stop = backbone.link_to[a]
    np.testing.assert_array_equal(backbone.node_lon[stop], areas["lon"][::2])


def test_first_piece_of_a_split_link_ends_at_its_first_service_area(backbone: Network) -> None:
    areas = seeds.read("service_areas")
    for row in np.flatnonzero(areas["direction"] == "forward"):
        link = backbone.site_link[row]
        name, piece = backbone.link_id[link].removesuffix("+").split(".")
        assert name == areas["link"][row]
        if piece == "0":
            assert backbone.link_length_m[link] == round(areas["at_km"][row] * 1000)


def test_sides_are_shared_out_as_the_expressways_of_the_provinces() -> None:
    """Kilometres a pair, official length over sides, lie around the national 57 km in every province."""
    areas, figures = seeds.read("service_areas"), seeds.read("province_figures")
    rows = np.flatnonzero(figures["figure"] == "expressway_km")
    km_per_pair = {
        figures["province"][row]: 2 * figures["value"][row] / np.sum(areas["province"] == figures["province"][row])
        for row in rows
    }
    assert min(km_per_pair.values()) > 50
    assert max(km_per_pair.values()) < 67


def line_lengths() -> dict[str, float]:
    """Kilometres of every line; a link shared by several lines counts for each."""
    links = seeds.read("backbone_links")
    length: dict[str, float] = {}
    for line, shared, km in zip(links["line"], links["shared_with"], links["length_km"], strict=True):
        for code in filter(None, [line, *shared.split(";")]):
            length[code] = length.get(code, 0.0) + km
    return length


def test_expressway_length_is_that_of_the_national_plan() -> None:
    """Lines that were found whole add up to their official length within 5 %, and half of them are within 5 % each."""
    lines, length = seeds.read("expressway_lines"), line_lengths()
    assert set(length) == set(lines["line"])
    whole = lines["is_complete"] == 1
    official = lines["official_length_km"][whole]
    measured = np.array([length[code] for code in lines["line"][whole]])
    assert whole.sum() >= 30
    assert measured.sum() == pytest.approx(official.sum(), rel=0.05)
    assert np.median(np.abs(measured / official - 1)) < 0.05


def test_a_zone_without_a_node_is_refused(regions: Regions, tmp_path: Path, repository: Path) -> None:
    for name in ("backbone_nodes", "backbone_links", "service_areas"):
        text = (repository / "seeds" / f"{name}.csv").read_text(encoding="utf-8")
        text = text.replace(",BJ,Beijing,", ",BJ,,", 1) if name == "backbone_nodes" else text
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"zone 'Beijing': found 0 nodes; wanted one"):
        load_backbone(regions, tmp_path)


# Distances against the ground.


def test_city_distances_are_those_of_the_map(backbone: Network, routes: Routes, regions: Regions, repository: Path) -> None:
    """Of 500 pairs of zones, drawn uniformly, at least 95 % are within 15 % of the map and half within 6 %."""
    folder = repository.parent / "shared" / "data" / "china_roads_osm"
    if not folder.is_dir():
        pytest.skip(f"no road map to compare with: {folder} is absent")
    luck = np.random.default_rng(2027)
    pairs = np.array([luck.choice(regions.n_zones, 2, replace=False) for _ in range(N_PAIRS)])
    on_map_km = fastest_km(read_roads(folder), regions.zone_lon, regions.zone_lat, pairs)
    off = np.abs(routes.skim_m[pairs[:, 1], pairs[:, 0]] / 1000 / on_map_km - 1)
    print(f"median {np.median(off):.3f}, 95th percentile {np.quantile(off, 0.95):.3f}, worst {off.max():.2f}")
    assert np.mean(off <= 0.15) >= 0.95
    assert np.median(off) <= 0.06


@pytest.mark.parametrize(
    ("origin", "destination", "km"),
    [
        ("Beijing", "Shanghai", 1210),
        ("Beijing", "Guangzhou", 2150),
        ("Wuhan", "Guangzhou", 985),
        ("Kunming", "Dali", 320),
        ("Lanzhou", "Urumqi", 1900),
    ],
)
def test_known_distances(regions: Regions, routes: Routes, origin: str, destination: str, km: float) -> None:
    a, b = (list(regions.zone_id).index(name) for name in (origin, destination))
    assert routes.skim_m[b, a] / 1000 == pytest.approx(km, rel=0.05)
