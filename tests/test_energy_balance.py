"""What the grid gives is stored in batteries or lost in chargers: for drawn nations, in both engines."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lived import live
from tests.oracle import is_lively
from tests.small_nations import copy_of, nations
from twin.engine import laws as engine_laws
from twin.engine.world import Given
from twin.metrics.grid import grid_table
from twin.physics import SECONDS_PER_HOUR
from twin.reference import ReferenceModel
from twin.reference import laws as reference_laws
from twin.tables.plants import PLANT_KINDS
from twin.tables.state import FREE, OUT, SUM_DRIVEN_WS, SUM_RESCUE_WS, SUM_V2G_WS
from twin.tables.totals import LOAD_KINDS, ProvinceLoad

EFFICIENCIES = st.floats(0.5, 1.0, exclude_min=True)
PUBLIC = ("urban", "highway", "rural")
KINDS = (*PUBLIC, "home", "depot", "work")


def grid_side_ws(load_ws: Any, efficiency: float) -> dict[str, float]:
    """Return the energy of each kind at the grid's side of the chargers, read from the grid's table."""
    n_zones, n_quarters = load_ws.shape[1:]
    regions: Any = SimpleNamespace(
        province_code=np.array(["-"], object), zone_province=np.zeros(n_zones, int), zone_id=np.arange(n_zones)
    )
    nothing = ProvinceLoad(np.zeros((n_zones, n_quarters)), np.zeros(n_zones))
    plant_ws = np.zeros((len(PLANT_KINDS), n_zones, n_quarters), np.int64)  # They stand beside what goes into batteries.
    totals: Any = SimpleNamespace(load_ws=load_ws, plant_ws=plant_ws)
    table = grid_table(totals, nothing, regions, efficiency)
    return {kind: float(getattr(table, f"{kind}_kw").sum()) * 900e3 for kind in KINDS}


def check(load_ws: Any, stored_ws: int, public_ws: int, efficiency: float) -> None:
    """Energy from the grid = energy stored + losses, in all and at public stations; losses are 1 - efficiency of it."""
    from_grid_ws = grid_side_ws(load_ws, efficiency)
    for found_ws, into_batteries_ws in (
        (sum(from_grid_ws.values()), stored_ws), (sum(from_grid_ws[kind] for kind in PUBLIC), public_ws)
    ):  # fmt: skip
        lost_ws = (1.0 - efficiency) * found_ws
        assert lost_ws >= 0.0
        assert found_ws == pytest.approx(into_batteries_ws + lost_ws, rel=1e-9, abs=1e-9)


@settings(max_examples=8)
@given(nations(), EFFICIENCIES)
def test_the_engine_loses_nothing_but_in_the_chargers(nation: Given, efficiency: float) -> None:
    lived = live(copy_of(nation))
    world, totals = lived.world, lived.totals
    # Charging at home goes on after the last midnight: the books hold all of it, the tables end with the days.
    private_ws = world.private_part_ws + 900 * np.cumsum(world.private_step_w, axis=2)
    load_ws = world.ledger.load_ws + private_ws
    assert np.array_equal(load_ws[:, :, : 4 * totals.n_hours], totals.load_ws)
    vehicles = world.given.vehicles
    left_ws = int(vehicles.energy_ws[vehicles.state != OUT].sum(dtype=np.int64))
    left_ws += int(world.active.energy_ws[world.slots_out()].sum())
    used_ws = int(world.sums[SUM_DRIVEN_WS] + world.sums[SUM_V2G_WS] - world.sums[SUM_RESCUE_WS])
    # A swap gives at once what its rack charges later.
    lack_ws = engine_laws.lack_on_racks_ws(world)
    stored_ws = left_ws + used_ws - world.start_energy_ws - lack_ws
    capacity_ws = world.given.classes.capacity_ws
    gained_ws = int(lived.visits.energy_ws.sum())
    plugged = world.evses.occupant[world.evses.occupant >= 0]
    gained_ws += int((world.active.energy_ws[plugged] - world.active.intake_ws[plugged]).sum())
    assert (vehicles.energy_ws <= capacity_ws[vehicles.vehicle_class]).all()
    check(load_ws, stored_ws, gained_ws - lack_ws, efficiency)


@settings(max_examples=2)
@given(nations(), EFFICIENCIES)
def test_the_reference_loses_nothing_but_in_the_chargers(nation: Given, efficiency: float) -> None:
    model, gained_ws = ReferenceModel(nation), 0
    per_hour = SECONDS_PER_HOUR // nation.rules.window_s
    for window in range(nation.n_days * 24 * per_hour):
        model.window = window
        if is_lively(model):
            model.step()
            gained_ws += sum(visit.end_ws - visit.intake_ws for visit in model.books.visits)
        hour, is_open = divmod(window + 1, per_hour)
        if not is_open:
            model.close_hour(hour - 1)
    model.finish()
    counts, quarters = model.books.counts, [quarter for _, _, quarter in model.books.load_ws]
    load_ws = np.zeros((len(LOAD_KINDS), len(nation.roads.zone_node), max(quarters, default=0) + 1), np.int64)
    for (kind, zone, quarter), energy_ws in model.books.load_ws.items():
        load_ws[LOAD_KINDS.index(kind), zone, quarter] = energy_ws
    left_ws = sum(driver.energy_ws for driver in model.drivers if driver.phase != FREE or not driver.is_out)
    lack_ws = reference_laws.lack_on_racks_ws(model)
    stored_ws = left_ws + counts["driven_ws"] + counts["v2g_ws"] - counts["rescue_ws"] - model.start_energy_ws - lack_ws
    sessions = [session for station in model.stations for session in station.sessions]
    gained_ws += sum(session.driver.energy_ws - session.intake_ws for session in sessions)
    check(load_ws, stored_ws, gained_ws - lack_ws, efficiency)
