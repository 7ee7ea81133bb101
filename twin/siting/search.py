"""Fewer waits by trying: packages go where drivers waited, the nation is lived again, and what is better is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from twin.config import Config, changed
from twin.metrics.points import unit_vectors
from twin.siting.candidates import KINDS, Candidates, Package, priced
from twin.siting.written import on_list, sited_list, station_ids, write_sited_list
from twin.tables.columns import F64, I64

if TYPE_CHECKING:
    from twin.nation import Places
    from twin.stations.inventory import Inventory

__all__ = ["Allocation", "Ground", "Live", "Trial", "allocate", "ground_of", "improve", "trial"]

Live = Callable[[Config, Path], Mapping[str, Any]]
"""Lives a scenario in a folder and returns columns of its stations: list_id, n_arrivals, n_sessions, mean_wait_s, n_balked,
n_reneged."""
SERVICE_AREA = KINDS.index("service area")
MOST_PACKAGES = 12
"""Packages at one site at most."""
FIRST_STEP = 1.0
"""How much the waits that are left count beside those that were spread already, in the first step; halved after a step that
did not help."""


class Allocation(NamedTuple):
    """Packages at sites: rows of the candidates, how many each, and what they cost."""

    sites: I64
    n_packages: I64
    cost_cny: float


class Trial(NamedTuple):
    """An allocation that was lived.

    Attributes
    ----------
    allocation : Allocation
        What was put up.
    burden_min : float
        Mean wait of an arrival, min, where who was turned away counts with the patience.
    wait_min : float
        Mean wait of those who were served, min.
    left_s : ndarray of float64, shape (n_places,)
        Waiting seconds of each place.
    """

    allocation: Allocation
    burden_min: float
    wait_min: float
    left_s: F64


class Ground(NamedTuple):
    """Where packages may go, and how stations are told apart in the search.

    A place is a side of a service area, or a county off the expressways.

    Attributes
    ----------
    place : ndarray of int64, shape (n_sites,)
        Place of each candidate.
    place_of_station : ndarray of int64, shape (n_stations,)
        Place of each standing station.
    n_places : int
        Sides, then counties.
    n_sides : int
        Of them sides.
    cost_cny : ndarray of float64, shape (n_sites, MOST_PACKAGES)
        Cost of so many packages, infinite where the transformer does not feed them.
    """

    place: I64
    place_of_station: I64
    n_places: int
    n_sides: int
    cost_cny: F64


def ground_of(inventory: Inventory, places: Places, package: Package, candidates: Candidates) -> Ground:
    """Return places and prices."""
    n_sides, n_counties = places.network.n_sites, places.regions.n_counties
    is_side = candidates.kind == SERVICE_AREA
    side_at_link = np.full(places.network.n_links, -1, np.int64)
    side_at_link[places.network.site_link] = np.arange(n_sides)
    place = np.where(is_side, side_at_link[candidates.link], n_sides + candidates.county)
    side = inventory.side.astype(np.int64)
    of_station = np.where(side >= 0, side, n_sides + inventory.stations.county)
    cost = np.full((len(candidates.id), MOST_PACKAGES), np.inf)
    for n in range(1, MOST_PACKAGES + 1):
        kva, cost_cny, _ = priced(inventory, package, candidates.station, np.full(len(candidates.id), n))
        cost[:, n - 1] = np.where(kva <= package.transformer_kva, cost_cny, np.inf)
    return Ground(place, of_station, n_sides + n_counties, n_sides, cost)


def allocate(ground: Ground, weight: F64, budget_cny: float) -> Allocation:
    """Share packages out by the weights of places, as seats are by votes (Sainte-Lague), each at its price.

    The next package goes to the place of largest w / (n + 1/2), n being what it has, over the price there; within a place to
    the cheapest of its sites. Places without weight get none.
    """
    n_sites = len(ground.place)
    n_at, spent = np.zeros(n_sites, np.int64), np.zeros(n_sites)
    n_in = np.zeros(ground.n_places, np.int64)
    price = ground.cost_cny[:, 0].copy()
    score = weight[ground.place] / 0.5 / price
    left = budget_cny
    order_of = {place: np.flatnonzero(ground.place == place) for place in np.unique(ground.place[score > 0.0]).tolist()}
    while True:
        open_ = np.where(price <= left, score, 0.0)
        site = int(open_.argmax())
        if open_[site] <= 0.0:
            break
        n_at[site] += 1
        left -= price[site]
        spent[site] += price[site]
        place = int(ground.place[site])
        n_in[place] += 1
        price[site] = ground.cost_cny[site, n_at[site]] - spent[site] if n_at[site] < MOST_PACKAGES else np.inf
        rows = order_of[place]
        with np.errstate(divide="ignore", invalid="ignore"):
            score[rows] = np.where(np.isfinite(price[rows]), weight[place] / (n_in[place] + 0.5) / price[rows], 0.0)
    sites = np.flatnonzero(n_at)
    return Allocation(sites, n_at[sites], float(spent.sum()))


def trial(
    config: Config, inventory: Inventory, places: Places, package: Package, candidates: Candidates, ground: Ground,
    allocation: Allocation, live: Live, folder: Path,
) -> Trial:  # fmt: skip
    """Live the scenario with an allocation, in a folder of its own; luck is that of the scenario's seed every time."""
    path = folder / "tried.parquet"
    write_sited_list(path, sited_list(inventory, package, candidates, allocation.sites, allocation.n_packages), places)
    try:
        lived = live(changed(on_list(config, str(path)), {"output.report": False}), folder / "run")
    finally:
        path.unlink(missing_ok=True)
    return judged(config, inventory, places, ground, candidates, allocation, lived)


def judged(
    config: Config, inventory: Inventory, places: Places, ground: Ground, candidates: Candidates, allocation: Allocation,
    lived: Mapping[str, Any],
) -> Trial:  # fmt: skip
    """Read waits by place from the stations of a run; a place without a station in the run has those of its neighbour."""
    n_turned = np.asarray(lived["n_balked"], np.float64) + np.asarray(lived["n_reneged"], np.float64)
    n_sessions = np.asarray(lived["n_sessions"], np.float64)
    waited_s = np.where(n_sessions > 0, np.nan_to_num(np.asarray(lived["mean_wait_s"], np.float64)) * n_sessions, 0.0)
    burden_s = waited_s + config.behaviour.patience_s * n_turned
    row = {name: number for number, name in enumerate(station_ids(inventory).tolist())}
    new = dict(zip(candidates.id.tolist(), ground.place.tolist(), strict=True))
    ids = [str(name) for name in lived["list_id"]]
    place = np.array([ground.place_of_station[row[name]] if name in row else new[name] for name in ids], np.int64)
    left_s = np.bincount(place, burden_s, ground.n_places).astype(np.float64)
    has_station = np.bincount(place, minlength=ground.n_places) > 0
    left_s = _filled(left_s, has_station, ground, places)
    arrivals = max(float(np.sum(lived["n_arrivals"])), 1.0)
    served = max(float(n_sessions.sum()), 1.0)
    return Trial(allocation, float(burden_s.sum()) / arrivals / 60.0, float(waited_s.sum()) / served / 60.0, left_s)


def _filled(left_s: F64, has_station: np.ndarray, ground: Ground, places: Places) -> F64:
    """Give places that a sample left without a station what the nearest one has: sides by direction, and counties."""
    network, regions, filled = places.network, places.regions, left_s.copy()
    direction = network.site_link % 2
    groups = [
        (np.flatnonzero(direction == way), network.site_lon, network.site_lat, 0) for way in (0, 1)
    ]  # fmt: skip
    groups.append((np.arange(regions.n_counties), regions.county_lon, regions.county_lat, ground.n_sides))
    for rows, lon, lat, first in groups:
        known = rows[has_station[rows + first]]
        missing = rows[~has_station[rows + first]]
        if not len(known) or not len(missing):
            continue
        nearest = cKDTree(unit_vectors(lon[known], lat[known])).query(unit_vectors(lon[missing], lat[missing]))[1]
        filled[missing + first] = left_s[known[np.asarray(nearest)] + first]
    return filled


def improve(
    first: Trial, try_: Callable[[Allocation], Trial], ground: Ground, budget_cny: float, n_runs: int,
    say: Callable[[str], None],
) -> list[Trial]:  # fmt: skip
    """Search for an allocation with less waiting; each trial is one run with the same luck.

    The first spends half the budget where drivers waited, the second all of it. Then the waits that the best so far has left
    are added to the weights by which it was shared out, times a step; a step that does not help is taken back and halved.

    Parameters
    ----------
    first : Trial
        Nothing put up.
    try_ : callable
        Lives an allocation.
    ground : Ground
        Places and prices.
    budget_cny : float
        What may be spent.
    n_runs : int
        Trials at most, the first not counted.
    say : callable
        Takes what came out.

    Returns
    -------
    list of Trial
        All of them in the order in which they were lived.
    """
    trials = [first]
    weight, step, best = first.left_s, FIRST_STEP, first
    for number in range(n_runs):
        budget = budget_cny / 2.0 if number == 0 and n_runs > 1 else budget_cny
        wanted = weight if number < 2 else weight + step * best.left_s * (weight.sum() / max(float(best.left_s.sum()), 1e-9))
        found = try_(allocate(ground, wanted, budget))
        trials.append(found)
        is_better = found.burden_min < best.burden_min
        say(f"run {number + 1}: {found.allocation.cost_cny:,.0f} CNY, {found.burden_min:.4g} min" + (", better" * is_better))
        if is_better:
            best, weight = found, wanted
        elif number >= 2:
            step /= 2.0
    return trials
