"""Orders that contradict each other or the ground are refused, with their numbers and all at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.test_buildout import built, order
from twin.cli.commands import app
from twin.config import Config
from twin.errors import ConfigError

REFUSALS: dict[str, tuple[dict[str, Any], str]] = {
    "budget": (
        {"orders": {"a": order(1000)}, "budget_bn_cny": 0.5},
        r"buildout.budget_bn_cny: found 0.500 billion CNY for orders of 0.\d{3} \(a 0.\d{3}\); wanted",
    ),
    "budget of a province": (
        {"provinces": {"GD": {"orders": {"a": order(1000)}, "budget_bn_cny": 0.0}}},
        r"buildout.provinces.GD.budget_bn_cny: found 0.000 billion CNY for orders of 0.\d{3}",
    ),
    "transformer": (
        {"orders": {"a": order(500_000, "mw_1440")}},
        r"buildout.orders.a: found [\d,]+ of 500,000 EVSEs that no transformer can feed: 952 kVA each, 6,650 sides of",
    ),
    "transformer of an upgrade": (
        {"orders": {"a": order(60_000, "mw_1440", replaces="dc_80")}, "most_kva": {"service area": 2500.0}},
        r"buildout.orders.a, \w\w: found [\d,]+ EVSEs to replace, where [\d,]+ stand and transformers of 2,500 kVA",
    ),
    "no candidates": (
        {"orders": {"a": order(100, "ac_7", replaces="mw_1440", site_type="township", provinces=["XZ"])}},
        r"buildout.orders.a, XZ: found no standing EVSEs of that class at township, and 100 EVSEs ordered",
    ),
    "in place of too many": (
        {"towards": "2027-12", "orders": {"a": order(9000, in_place_of=[{"site_type": "urban public"}])}},
        r"buildout.orders.a.in_place_of: found 6,371 EVSEs ordered so far of hp_480 at urban public",
    ),
    "a plan that is missed": (
        {"orders": {"a": order(100)}, "meets_plan": True},
        r"line 1250-1.*found 20,092,100 EVSEs; wanted >= 28,000,000.*\n.*line 1250-2.*found 220\.079 GW",
    ),
    "towards the past": ({"towards": "2025-12"}, r"buildout.towards: found 2025-12; wanted a month after stations.stock"),
    "months": (
        {"orders": {"a": order(9, from_month="2026-05", until_month="2026-04")}},
        r"from 2026-05 until 2026-04; wanted months in order",
    ),
    "corridor": (
        {"orders": {"a": order(9, site_type="county", rule="corridor")}},
        r"buildout.orders.a.rule: found 'corridor' for county",
    ),
    "replaces itself": (
        {"orders": {"a": order(9, replaces="hp_480")}},
        r"buildout.orders.a.replaces: found hp_480; wanted another power class",
    ),
    "both": (
        {"orders": {"a": order(9, replaces="dc_80", in_place_of=[{"power_class": "hp_300"}])}},
        r"both replaces and in_place_of; wanted one of them",
    ),
    "of another province": (
        {"provinces": {"GD": {"orders": {"a": order(9, provinces=["BJ"])}}}},
        r"buildout.provinces.GD.orders.a: found provinces BJ; wanted none, or GD",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSALS)
def test_contradictions_are_told_with_their_numbers(name: str) -> None:
    buildout, text = REFUSALS[name]
    with pytest.raises(ConfigError) as told:
        built(**({"as_of": "2026-12"} | buildout))
    assert re.search(text, str(told.value)), str(told.value)


def test_all_contradictions_are_told_at_once() -> None:
    orders = {"a": order(9, replaces="hp_480"), "b": order(9, site_type="county", rule="corridor"), "plan": order(9)}
    with pytest.raises(ConfigError) as told:
        built(towards="2025-12", orders=orders)
    assert len(str(told.value).splitlines()) == 5


BAD_ORDERS = {
    "an impossible budget": (
        "  budget_bn_cny: 0.1\n  orders:\n    a: {site_type: service area, n_evse: 1000}\n", "found 0.100"
    ),
    "more than transformers feed": (
        "  orders:\n    a: {site_type: service area, n_evse: 900000}\n", "6,650 sides of at most"
    ),
    "a province without candidates": (
        "  orders:\n    a: {site_type: trunk road, replaces: mw_1440, n_evse: 9, provinces: [XZ]}\n", "XZ: found no standing"
    ),
    "contradictory policies": (
        "  towards: 2027-12\n  as_of: 2026-06\n  meets_plan: true\n  orders: {}\n", "wanted >= 28,000,000"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_ORDERS)
def test_bad_orders_exit_2_and_leave_nothing_behind(name: str, tmp_path: Path) -> None:
    orders, told = BAD_ORDERS[name]
    scenario = tmp_path / "bad.yaml"
    text = "stations: {stock: 2025-12}\nfleet: {sample: 0.0001}\nbuildout:\n" + orders
    scenario.write_text(text.replace("n_evse", "power_class: hp_480, n_evse"), encoding="utf-8")
    result = CliRunner().invoke(app, ["run", str(scenario), "--out", str(tmp_path / "run")])
    assert result.exit_code == 2, result.output
    assert told in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.yaml"]


@pytest.mark.parametrize(
    "values",
    [
        {"stations": {"source": "x.parquet"}, "buildout": {"orders": {"a": order(1)}}},
        {"scenario": {"extent": "city"}, "network": {"source": "x.osm"}, "buildout": {"towards": "2027-12"}},
        {"buildout": {"meets_plan": True}},
        {"buildout": {"orders": {"a": order(0)}}},
        {"buildout": {"orders": {"a": order(1, "hp_500")}}},
        {"buildout": {"orders": {"a": order(1, site_type="kiosk")}}},
        {"buildout": {"as_of": "2027-13"}},
        {"buildout": {"provinces": {"XX": {}}}},
        {"buildout": {"lead_months": {"service area": -1}}},
        {"buildout": {"budget_bn_cny": -1.0}},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Config.model_validate(values)
