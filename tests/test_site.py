"""`twin site`: what it promises stands in the files it leaves, and what cannot be is said with its numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests.conftest import REPOSITORY
from twin.cli import app
from twin.config import Config, load
from twin.nation import Places, build_places, build_supply
from twin.siting.candidates import KINDS, build_candidates, package_of, priced
from twin.siting.flow import site
from twin.siting.journeys import journey_sets
from twin.siting.questions import covering_question, has_kind, median_question
from twin.siting.request import Request, check_candidates, check_request
from twin.siting.search import allocate as shared_out
from twin.siting.search import ground_of, judged
from twin.siting.written import on_list, scenario_text
from twin.stations.choosing import greedy, solve
from twin.stations.covering import covered
from twin.stations.files import import_stations
from twin.stations.inventory import Inventory
from twin.stations.limits import POWER_FACTOR
from twin.tables.inputs import LAYERS

CONFIGS = Path(__file__).parent.parent / "configs"
PROVINCES = ("NX", "QH")


@pytest.fixture(scope="module")
def config() -> Config:
    return load(CONFIGS / "national-2027.yaml")


@pytest.fixture(scope="module")
def places(config: Config) -> Places:
    return build_places(config)


@pytest.fixture(scope="module")
def inventory(config: Config, places: Places) -> Inventory:
    return build_supply(config, places).inventory


def asked(places: Places, request: Request, config: Config, inventory: Inventory) -> tuple[Any, Any, Any]:
    package = check_request(request, config, places.regions.province_code.tolist())
    candidates = check_candidates(request, places, build_candidates(inventory, places, package))
    return package, candidates, np.isin(places.regions.province_code, request.provinces or places.regions.province_code)


def never(config: Config, folder: Path) -> dict[str, Any]:
    raise AssertionError("nothing is to be lived")


def test_what_is_promised_stands_in_the_list_that_is_left(
    tmp_path: Path, config: Config, places: Places, inventory: Inventory
) -> None:
    """The scenario that is left loads, has the same stations and the new ones, and reaches the figure that was promised."""
    request = Request(3e7, provinces=PROVINCES, n_points=2)
    told = site(config, request, tmp_path / "sited", never)
    assert told["cost_cny"] <= 3e7
    assert told["before"] < told["after"] == pytest.approx(told["bound"])
    assert [row["cost_cny"] <= limit for row, limit in zip(told["frontier"], (0, 1.5e7, 3e7), strict=True)] == [True] * 3
    assert json.loads((tmp_path / "sited" / "site.json").read_text(encoding="utf-8")) == told
    after = load(tmp_path / "sited" / "scenario.yaml")
    assert after.scenario.seed == config.scenario.seed
    found = build_supply(after, places).inventory
    n_plugs = int(inventory.pools.n_evse[inventory.pools.n_batteries == 0].sum())
    assert found.n_evse_total == n_plugs + 4 * told["n_sites"]
    assert len(found.stations.zone) == len(inventory.stations.zone) + told["n_sites"] - told["in_service_areas"]
    package, _, here = asked(places, request, config, inventory)
    left = build_candidates(found, places, package)
    assert covering_question(found, places, package, left, here, LAYERS).now == pytest.approx(told["after"], abs=1e-4)
    whole = pq.read_table(tmp_path / "sited" / "stations.parquet")
    few = whole.filter(pc.match_substring(whole["id"], "cell-"))
    pq.write_table(few, tmp_path / "few.parquet")
    assert import_stations(tmp_path / "few.parquet", tmp_path / "again.parquet")["n_evse"] == 4 * told["in_urban_cells"] > 0


@pytest.mark.parametrize("objective", ["covering", "median"])
def test_no_two_sites_do_more(objective: str, config: Config, places: Places, inventory: Inventory) -> None:
    """With money for two, the choice is the best of all pairs of the province's sites."""
    layers = ("urban", "rural")
    request = Request(6e6, objective, provinces=("NX",), layers=layers if objective == "covering" else ())
    package, candidates, here = asked(places, request, config, inventory)
    if objective == "covering":
        question = covering_question(inventory, places, package, candidates, here, layers)
    else:
        question = median_question(inventory, places, package, candidates, here)
    problem = question.covering
    members = problem.sets.toarray()
    alone = members.T @ problem.weight
    both = members.T @ (members * problem.weight[:, None])
    pair = alone[:, None] + alone[None, :] - both
    pair[problem.cost[:, None] + problem.cost[None, :] > request.budget_cny] = 0.0
    found = solve(problem, request.budget_cny)
    assert found.value == pytest.approx(max(pair.max(), alone.max()), rel=1e-6)
    assert found.gap <= 1e-5
    assert found.value >= covered(problem, greedy(problem, request.budget_cny)) - 1e-12


def test_costs_are_those_of_evses_and_the_next_transformer(config: Config, places: Places, inventory: Inventory) -> None:
    """4 x 480 kW at 0.75 CNY/W, and 1,600 kVA at 900 CNY: 0.6 + 0.4 / 4 of 1,920 kW over 0.95 x 0.955 is 1,481 kVA."""
    package = package_of(config, "hp_480", 4, 2500.0)
    kva, cost_cny, limit_w = priced(inventory, package, np.array([-1]), np.array([1]))
    assert (config.stations.site_limit_share, config.stations.module_efficiency) == (0.6, 0.955)
    assert kva[0] == pytest.approx(1920 * 0.7 / (0.95 * 0.955))
    assert cost_cny[0] == pytest.approx(4 * 480_000 * 0.75 + 1600 * 900.0)
    assert limit_w[0] == int(1600 * 1000 * POWER_FACTOR * config.stations.module_efficiency)
    candidates = build_candidates(inventory, places, package)
    has = has_kind(inventory, package)
    assert not has[candidates.station[candidates.station >= 0]].any()
    assert (candidates.limit_w >= 480_000).all()
    assert len(set(candidates.id.tolist())) == len(candidates.id)


def test_a_journey_needs_a_site_where_nothing_stands() -> None:
    """400 km in four links, 150 km at the start and after a charge; a plug stands at 100 km, sites at 200 and 300."""
    length_m = np.full(4, 100_000)
    free = {0: [-1], 1: [5], 2: [7]}
    sets = journey_sets([0, 1, 2, 3], length_m, free, 150.0, 150.0)
    assert [members.tolist() for members in sets] == [[5], [7]]
    assert journey_sets([0, 1, 2, 3], length_m, {**free, 1: [-1], 2: [-1, 7]}, 150.0, 150.0) == []
    assert [each.tolist() for each in journey_sets([0, 1], length_m, {}, 150.0, 150.0)] == [[]]


def test_waits_are_read_by_place_and_neighbours_stand_in(config: Config, places: Places, inventory: Inventory) -> None:
    """A run that kept two sides and a town: what they left is theirs, and that of places that the sample left out."""
    package = package_of(config, "hp_480", 4, 2500.0)
    request = Request(1e8, "waits", layers=("urban", "highway"))
    candidates = check_candidates(request, places, build_candidates(inventory, places, package, is_new_only=False))
    assert set(candidates.kind.tolist()) == {KINDS.index("urban cell"), KINDS.index("service area")}
    ground = ground_of(inventory, places, package, candidates)
    sides = [int(np.flatnonzero(inventory.side == k)[0]) for k in (0, 1)]
    town = int(np.flatnonzero(inventory.side < 0)[0])
    rows = [*sides, town]
    lived = {
        "list_id": [f"station-{row}" for row in rows], "n_arrivals": [10, 5, 5], "n_sessions": [8, 5, 5],
        "mean_wait_s": [60.0, 0.0, np.nan], "n_balked": [1, 0, 0], "n_reneged": [1, 0, 0],
    }  # fmt: skip
    nothing = shared_out(ground, np.zeros(ground.n_places), 0.0)
    found = judged(config, inventory, places, ground, candidates, nothing, lived)
    patience_s = config.behaviour.patience_s
    assert found.burden_min == pytest.approx((8 * 60 + 2 * patience_s) / 20 / 60)
    assert found.wait_min == pytest.approx(8 * 60 / 18 / 60)
    way = places.network.site_link % 2
    assert found.left_s[0] == 8 * 60 + 2 * patience_s
    alike = way == way[0] if way[0] != way[1] else np.arange(len(way)) == 0
    assert (found.left_s[: ground.n_sides][alike] == found.left_s[0]).all()
    assert (found.left_s[ground.n_sides :] == 0.0).all()


BAD = {
    "no money": (("--budget", "0"), ["--budget: found 0 CNY; wanted an amount above 0"]),
    "too little": (
        ("--budget", "100000", "--province", "NX"),
        ["--budget: found 100,000 CNY", "the cheapest of"],
    ),
    "no candidates": (
        ("--budget", "1e9", "--province", "HK"),
        ["--province: found 'HK'; wanted one of BJ"],
    ),
    "transformer": (
        ("--budget", "1e9", "--evses", "24", "--power-class", "mw_1440"),
        ["--evses: found 24 EVSEs of 1,440 kW, which need", "a transformer of 2,500 kVA feeds"],
    ),
    "all at once": (
        ("--budget", "-5", "--objective", "best", "--layer", "sea", "--power-class", "hp_1", "--runs", "-1"),
        ["--budget", "--objective", "--layer", "--power-class: found 'hp_1'", "--runs"],
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_requests_are_named_with_their_numbers_and_leave_nothing(name: str, tmp_path: Path) -> None:
    arguments, said = BAD[name]
    out = tmp_path / "sited"
    result = CliRunner().invoke(app, ["site", str(CONFIGS / "national-2027.yaml"), *arguments, "--out", str(out)])
    assert result.exit_code == 2
    for text in said:
        assert text in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_told_is_one_line_of_json_or_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"cost_cny": 0.0, "n_packages": 0, "figure": 0.5, "bound": None, "gap": None, "mean_wait_min": None}
    seen: list[Request] = []

    def chosen(config: Config, request: Request, out: Path, live: Any, say: Any) -> dict[str, Any]:
        seen.append(request)
        say("working")
        return {"objective": request.objective, "after": 0.5, "frontier": [row]}

    monkeypatch.setattr("twin.siting.site", chosen)
    arguments = ["site", str(CONFIGS / "national-2027.yaml"), "--budget", "1e6", "--objective", "waits", "--runs", "2"]
    result = CliRunner().invoke(app, [*arguments, "--province", "NX", "--province", "QH", "--json"])
    assert json.loads(result.stdout) == {
        "folder": str(Path("sites/national-2027-waits")), "objective": "waits", "after": 0.5, "frontier": [row],
    }  # fmt: skip
    assert result.stderr == "working\n"
    assert seen == [Request(1e6, "waits", ("NX", "QH"), n_runs=2)]
    table = CliRunner().invoke(app, arguments).stdout.splitlines()
    assert table[-2].split() == list(row)
    assert table[-1].split() == ["0", "0", "0.5", "-", "-", "-"]


def test_a_province_without_sites_is_named(config: Config, places: Places, inventory: Inventory, tmp_path: Path) -> None:
    """Sites that all have such EVSEs already are none."""
    package = check_request(Request(1e9), config, places.regions.province_code.tolist())
    candidates = build_candidates(inventory, places, package)
    nothing = candidates.take(np.flatnonzero(candidates.province != 28))
    code = str(places.regions.province_code[28])
    with pytest.raises(Exception, match=f"--province {code}: found 0 candidate sites in urban, highway, rural"):
        check_candidates(Request(1e9, provinces=(code,)), places, nothing)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "a").touch()
    with pytest.raises(Exception, match="wanted a new or empty folder"):
        site(config, Request(1e9), tmp_path / "taken", never)


def test_a_build_out_stands_in_the_list() -> None:
    """What was ordered is in the list, so the sited scenario orders nothing; it keeps the private plugs of its month."""
    config = load(REPOSITORY / "configs" / "plan-2027.yaml")
    sited = on_list(config, "stations.parquet")
    assert not sited.buildout.is_on
    assert (sited.stations.source, sited.stations.stock) == ("stations.parquet", "2027-12")
    assert sited.fleet == config.fleet
    text = scenario_text(config, "stations.parquet", "plan-2027-sited", "Sited")
    assert "buildout" not in text
    assert 'source: "stations.parquet"' in text
