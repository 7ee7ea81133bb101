"""One nation lived twice, by the engine and by the reference, and every table held against the other after every window."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from tests.small_nations import copy_of
from twin.engine import account
from twin.engine.plants import close_sites
from twin.engine.window import step
from twin.engine.world import Given, World, build_world
from twin.physics import SECONDS_PER_HOUR
from twin.reference import ReferenceModel, Station
from twin.reference.plain import DAY_S
from twin.tables.results import OUTCOMES as VISITS
from twin.tables.results import StrandedTable
from twin.tables.state import FREE
from twin.tables.totals import RunTotals

OUTCOMES = (
    "served", "balked", "reneged", "worried", "has to stay", "held back", "session cut short", "trip stranded",
    "trip not made", "left for town", "given up", "fuel used", "same-day return", "truck rest", "trip ended",
    "charge forgone", "trip rescued", "home charge", "depot charge", "jam", "not admitted",
    "booked", "overtaken", "booking lost", "cut off", "no service", "repaired", "current binds",
    "orderly charge", "work charge", "given to the grid", "given at a station", "charge short",
    "battery changed", "battery awaited",
    "sun used", "sun fed in", "sun curtailed", "storage filled", "storage gave",
    "rerouted", "stop lost", "stayed on", "town passed", "stop too far", "way too long",
    "same pool again",
)  # fmt: skip
"""What may happen to a vehicle, a session or a link."""


def assert_same(found: Any, wanted: Any, what: str) -> None:
    """Hold a table of the engine against the reference's: same columns, same bits."""
    for name in wanted._fields:
        a, b = getattr(found, name), getattr(wanted, name)
        assert a.dtype == b.dtype, f"{what}.{name}: {a.dtype}, not {b.dtype}"
        assert np.array_equal(a, b), f"{what}.{name}: engine {a.tolist()}, reference {b.tolist()}"


def assert_same_totals(found: RunTotals, wanted: RunTotals) -> None:
    """Hold everything counted in a run against the other."""
    assert_same(found.stations, wanted.stations, "totals.stations")
    assert_same(found.plant_sums, wanted.plant_sums, "totals.plant_sums")
    for name in ("hours", "wait_histogram", "load_ws", "road", "plant_ws"):
        a, b = getattr(found, name), getattr(wanted, name)
        assert np.array_equal(a, b), f"totals.{name} at {np.argwhere(a != b)[:5].tolist()}: {a[a != b]}, {b[a != b]}"
    assert found.counts == wanted.counts
    assert found.laws == wanted.laws


def live_both(given: Given, most_windows: int = 10**6, n_workers: int = 1) -> Counter[str]:
    """Live a nation twice and hold every table against the other; return how often what happened, and windows compared.

    Windows in which nobody is out are left out on both sides. After `most_windows` others the run ends, as soon as no
    session is held back: those are booked as they go, and the books of the rest are made up to the end of the days.
    """
    world, model = build_world(copy_of(given), n_workers), ReferenceModel(given)
    per_hour = SECONDS_PER_HOUR // given.rules.window_s
    n_windows = given.n_days * 24 * per_hour
    happened: Counter[str] = Counter()
    n_lived, window = 0, 0
    while window < n_windows and (n_lived < most_windows or is_held_back(model)):
        model.window = window
        if is_lively(model):
            n_lived += 1
        if is_lively(model) or model.plants:
            happened += live_window(world, model)
        hour, is_open = divmod(window + 1, per_hour)
        if not is_open:
            tables = zip(account.close_hour(world, hour - 1), model.close_hour(hour - 1), strict=True)
            for name, (found, wanted) in zip(("station hours", "links"), tables, strict=True):
                assert_same(found, wanted, f"hour {hour - 1}: {name}")
            assert_same(close_sites(world, hour - 1), model.close_sites(hour - 1), f"hour {hour - 1}: sites")
        window += 1
    totals = model.finish()
    assert_same_totals(account.finish(world), totals)
    if window == n_windows:
        assert all(law.holds for law in totals.laws), [law for law in totals.laws if not law.holds]
    if world.executor is not None:
        world.executor.shutdown()
    happened["windows compared"] = n_lived
    return happened + model.books.events + _counted(model)


def live_window(world: World, model: ReferenceModel) -> Counter[str]:
    """Live the model's next window twice and compare; return how often visits ended how, and links jammed."""
    window = model.window
    step(world, window)
    model.step()
    visits = model.visit_rows()
    assert_same(account.visit_rows(world, 1.0), visits, f"window {window}: visits")
    assert_same(StrandedTable(*world.stranded.T), model.stranded_rows(), f"window {window}: stranded")
    jams = sum(2 * link.speed_kmh < link.free_kmh and link.flow_per_h > 1 for link in model.links)
    return Counter({"jam": jams, **{VISITS[row]: int((visits.outcome == row).sum()) for row in range(len(VISITS))}})


def is_lively(model: ReferenceModel) -> bool:
    """Return whether anybody is out in the model's next window, or plans the day in it."""
    is_called = any(driver.call is not None and driver.call.second < model.end_s for driver in model.drivers)
    is_out = any(driver.phase != FREE for driver in model.drivers)
    has_event = any(fails_or_is_repaired(station, model.end_s) for station in model.stations)
    return model.start_s % DAY_S == 0 or is_called or is_out or has_event


def fails_or_is_repaired(station: Station, end_s: int) -> bool:
    """Return whether an outage begins or ends at a station before a second."""
    repaired = [evse.repaired_s for evse in station.evses if evse.repaired_s is not None]
    return min([*repaired, *(outage[0] for outage in station.outages)], default=end_s) < end_s


def is_held_back(model: ReferenceModel) -> bool:
    """Return whether a site's limit holds a session back."""
    return any(session.is_held_back for station in model.stations for session in station.sessions)


def _counted(model: ReferenceModel) -> Counter[str]:
    counts = model.books.counts
    of_plants: Counter[str] = sum((plant.whole for plant in model.plants), Counter())
    of_plants["curtailed_ws"] = of_plants["pv_ws"] - of_plants["used_ws"] - of_plants["fed_ws"]
    counts = counts + of_plants
    names = {
        "trip stranded": "stranded_trips", "trip rescued": "rescued_trips",
        "trip not made": "trips_not_made", "given up": "given_up",
        "fuel used": "fuel_ws", "trip ended": "trips_ended", "charge forgone": "forgone_ws", "home charge": "home_ws",
        "work charge": "work_ws",
        "depot charge": "depot_ws", "sun used": "used_ws", "sun fed in": "fed_ws", "sun curtailed": "curtailed_ws",
        "storage filled": "filled_ws", "storage gave": "given_ws",
        "given to the grid": "v2g_ws", "charge short": "short_charges",
    }  # fmt: skip
    shifted = any(kind == "orderly" for kind, _, _ in model.books.load_ws)
    return Counter({name: int(counts[key] > 0) for name, key in names.items()} | {"orderly charge": int(shifted)})
