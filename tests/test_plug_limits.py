"""What voltage and current of an EVSE leave of its rated power: known answers, and the seeds held to them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.nation import KWH, small_given
from tests.one_site import Guests, curve_classes, live, sites
from tests.oracle import live_both
from tests.test_reference import serve
from twin.fleet.classes import load_classes, load_voltages
from twin.physics import charge_time_s
from twin.stations.limits import BOOST_W, plug_limits_w
from twin.tables.inputs import NO_LIMIT_W
from twin.tables.seeds import read
from twin.tables.state import FAST

CLASSES, NAMES = load_classes()
LIMIT_W = plug_limits_w(load_voltages())
POWER = {name: row for row, name in enumerate(read("power_classes")["power_class"])}
RATED_W = np.rint(read("power_classes")["rated_kw"] * 1000).astype(np.int64)


def test_power_is_voltage_times_current_up_to_the_plugs_voltage(monkeypatch: pytest.MonkeyPatch) -> None:
    """EVSEs of 500 V and 200 A, of 1,000 V and 600 A, and AC; cars of 400, 500 and 800 V, and a small one of 60 V."""
    table: dict[str, Any] = {
        "kind": np.array(["dc", "dc", "ac"]),
        "max_voltage_v": np.array([500.0, 1000.0, 220.0]),
        "max_current_a": np.array([200.0, 600.0, 32.0]),
    }
    monkeypatch.setattr("twin.stations.limits.seeds.read", lambda name, folder: table)
    limit_w = plug_limits_w(np.array([400.0, 500.0, 800.0, 60.0]))
    assert limit_w.tolist() == [
        [80_000, 240_000, NO_LIMIT_W],
        [100_000, 300_000, NO_LIMIT_W],
        [50_000, 480_000, NO_LIMIT_W],
        [12_000, 36_000, NO_LIMIT_W],
    ]
    # A weak EVSE feeds the converter with less than it would let through.
    table["max_current_a"][0] = 60.0
    assert plug_limits_w(np.array([800.0]))[0, 0] == 500 * 60


def test_a_400_v_car_gets_the_current_of_a_480_kw_plug_not_its_power() -> None:
    row, column = NAMES.index("modely"), POWER["hp_480"]
    assert LIMIT_W[row, column] == 400 * 600
    assert LIMIT_W[NAMES.index("suv800"), column] == 800 * 600
    assert LIMIT_W[NAMES.index("suv800"), POWER["dc_80"]] == BOOST_W
    assert LIMIT_W[NAMES.index("modely"), POWER["dc_120"]] == 400 * 250
    assert LIMIT_W[row, POWER["ac_7"]] == NO_LIMIT_W


def test_every_class_keeps_its_published_time_at_some_public_plug_for_its_kind() -> None:
    """Voltage and current spoil no published time, 10 (trucks 20) to 80 %, where the rating allows it."""
    seed, stock = read("vehicle_classes"), read("charger_stock")
    of_2027 = stock["date"] == "2027-12"
    for row, name in enumerate(NAMES):
        kind = "truck" if seed["kind"][row] == "truck" else "car"
        there = {POWER[what] for what in stock["power_class"][of_2027 & np.isin(stock["serves"], (kind, "any"))]}
        own_w = max(min(int(RATED_W[at]), int(LIMIT_W[row, at])) for at in there)
        low = 0.2 if seed["loaded_kwh_km"][row] > 0.0 else 0.1
        capacity_ws = int(CLASSES.capacity_ws[row])
        span = int(low * capacity_ws), int(0.8 * capacity_ws)
        seconds = charge_time_s(CLASSES.curve_w[row], CLASSES.full_s[row], 1.0, capacity_ws, *span, float(own_w))
        assert seconds / 60 == pytest.approx(seed["t_charge_min"][row], rel=0.01), name


def test_a_session_gets_the_least_of_rating_and_current() -> None:
    """100 kWh at 480 kW rated: a 400 V car at 600 A takes 240 kW, one without limits all of its 300 kW."""
    capacity_ws = 100 * KWH
    classes = curve_classes([capacity_ws] * 2, np.full((2, 21), 300_000.0))
    nation = sites([[(480_000, 2)]], classes=classes)._replace(plug_limit_w=np.array([[240_000], [NO_LIMIT_W]], np.int32))
    guests = Guests(
        np.arange(2), np.zeros(2, np.int64), np.zeros(2, np.int64), np.arange(2), np.zeros(2, np.int64),
        np.full(2, capacity_ws - 1000), np.full(2, FAST),
    )  # fmt: skip
    _, visits = live(nation, guests, 8)
    assert visits.vehicle.tolist() == [1, 0]
    assert visits.end_s.tolist() == [capacity_ws // 300_000, capacity_ws // 240_000]
    assert visits.peak_power_w.tolist() == [300_000, 240_000]
    _, slow = serve(nation, guests, 8)
    assert slow.end_s.tolist() == visits.end_s.tolist()


def test_drivers_reckon_with_what_they_would_get() -> None:
    """Where the plugs of the town give cars a tenth of their rating, cars stay longer; both engines say the same."""
    nation = small_given(n_vehicles=60, n_zones=3, n_days=1, n_evse=1, soc=0.35)
    nation.plug_limit_w[0, 0] = 12_000
    happened = live_both(nation)
    assert happened["served"] > 0


def test_a_nation_knows_every_class_and_power_class() -> None:
    assert LIMIT_W.shape == (len(NAMES), len(POWER))
    assert LIMIT_W.min() >= 20_000
    truck = np.flatnonzero(read("vehicle_classes")["kind"] == "truck")
    assert (LIMIT_W[truck, POWER["mw_1440"]] >= np.minimum(CLASSES.peak_w[truck], 1_440_000)).all()
