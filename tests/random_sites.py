"""Random sites lived by the rules of the engine, one number a window, and held against the best schedule."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tests.one_site import sites
from twin.engine.site import close_window, gives_w, open_window, set_powers
from twin.engine.world import build_world
from twin.grid.optimal import OneSite
from twin.tables.plants import DISPATCHES, Behind, Plants

WINDOW_S = 300
PER_DAY = 288
PER_QUARTER = 3
MILLION = 1_000_000
DAY_S = 86_400


class Case(NamedTuple):
    """A site with two days of load (W by window) and prices by hour."""

    behind: Behind
    limit_w: int
    load_w: Any
    price: Any


class Lived(NamedTuple):
    """What the grid gave (W by window), and what was stored at the end of each window (Ws)."""

    grid_w: Any
    stored_ws: Any
    limit_w: Any


def draw_case(seed: int, rule: str) -> Case:
    """Draw a site: two days alike but for chance, humps of load, sun, and a storage of hours of a part of its power."""
    rng = np.random.default_rng(seed)
    limit_w = int(rng.uniform(100, 2000)) * 1000
    second = np.arange(PER_DAY) * WINDOW_S
    load = np.full(PER_DAY, rng.uniform(0.02, 0.15))
    for _ in range(rng.integers(1, 4)):
        centre, width = rng.uniform(6, 22) * 3600, rng.uniform(0.7, 3.0) * 3600
        load = load + rng.uniform(0.15, 0.6) * np.exp(-(((second - centre) / width) ** 2))
    days = [load * rng.uniform(0.93, 1.07) * rng.uniform(0.85, 1.15, PER_DAY) for _ in range(2)]
    load_w = np.minimum(np.concatenate(days), 0.95) * limit_w
    storage_w = int(limit_w * rng.uniform(0.05, 0.4))
    capacity_ws = int(storage_w * rng.uniform(1.0, 4.0) * 3600)
    sky = np.maximum(np.sin((second - 6 * 3600) / (12 * 3600) * np.pi), 0.0)
    sun = np.concatenate([sky * rng.uniform(0.3, 0.9) for _ in range(2)])
    valley, flat, peak = np.sort(rng.uniform(0.2, 1.4, 3))
    hours = np.repeat([valley, flat, peak, flat, peak, flat, valley], [7, 3, 2, 4, 5, 2, 1])
    behind = Behind(
        Plants(
            np.zeros(1, np.int32), np.array([int(limit_w * rng.uniform(0.0, 0.4))]), np.array([storage_w]),
            np.array([capacity_ws]), np.array([capacity_ws // 2]),
        ),
        np.tile(np.rint(sun * MILLION).astype(np.int32), (31, 1)), np.tile(hours, (31, 1)),
        DISPATCHES.index(rule), 870_000, 0,
    )  # fmt: skip
    return Case(behind, limit_w, load_w.astype(np.int64), hours)


def live_by_rule(case: Case) -> Lived:
    """Live the days by the kernels that the engine calls, with one settlement a window."""
    given = sites([[(1000, 1)]], limit_w=case.limit_w)._replace(behind=case.behind)
    world = build_world(given, 1)
    site, state, rules = world.site(), world.plants.state, given.rules
    grid_w, stored_ws, most_w, taken_ws = [], [], [], 0
    for window, load_w in enumerate(case.load_w.tolist()):
        start_s, end_s = window * WINDOW_S, (window + 1) * WINDOW_S
        open_window(0, start_s, window, rules, site)
        most_w.append(case.limit_w + gives_w(0, start_s, end_s, site))
        set_powers(0, start_s, end_s, load_w, site)
        taken_ws += load_w * WINDOW_S
        before_ws = int(state.hour_grid_ws[0])
        close_window(0, end_s, taken_ws, 1, rules, site)
        grid_w.append((int(state.hour_grid_ws[0]) - before_ws) / WINDOW_S)
        stored_ws.append(int(state.stored_ws[0]))
    return Lived(np.array(grid_w), np.array(stored_ws), np.array(most_w))


def second_day(case: Case, lived: Lived) -> tuple[OneSite, Any, Any, Any]:
    """Return the site as it begins and ends the second day, its load and sun by quarter hour (kW), and the prices."""
    plants = case.behind.plants
    kwh = lived.stored_ws / 3.6e6
    site = OneSite(
        case.limit_w / 1e3, plants.storage_w[0] / 1e3, plants.capacity_ws[0] / 3.6e6, 0.87, kwh[PER_DAY - 1], kwh[-1]
    )
    pv_w = plants.pv_w[0] * case.behind.pv_ppm[0].astype(np.int64) // MILLION
    return site, case.load_w[PER_DAY:] / 1e3, pv_w[PER_DAY:] / 1e3, np.repeat(case.price, PER_DAY // 24)
