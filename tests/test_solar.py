"""The sun over the provinces, and which stations have photovoltaics and storage."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from twin.config import Config, load
from twin.config.period import Period
from twin.errors import ConfigError
from twin.grid.site import build_behind, draw_plants
from twin.grid.solar import clear_sky, pv_ppm, sin_elevation, sun_ppm
from twin.network import load_regions
from twin.tables import seeds
from twin.tables.columns import rows
from twin.tables.inputs import Pools, Stations
from twin.tables.plants import DISPATCHES, NO_PLANTS

REGIONS = load_regions()
NOON_S = np.array([43_200.0])
BEIJING, KASHGAR = (39.9, 116.4), (39.5, 76.0)


def config(**site: Any) -> Config:
    return Config.model_validate({"site": site, "period": {"n_days": 2}})


@pytest.mark.parametrize(("day", "declination_deg"), [(172, 23.45), (355, -23.45), (81, 0.0)])
def test_the_sun_at_noon_stands_at_ninety_less_latitude_plus_declination(day: int, declination_deg: float) -> None:
    height = np.degrees(np.arcsin(sin_elevation(np.array([30.0]), np.array([120.0]), day, NOON_S)[0, 0]))
    assert height == pytest.approx(90.0 - 30.0 + declination_deg, abs=0.1)


def test_it_is_noon_in_kashgar_three_hours_after_beijing() -> None:
    second = np.arange(86_400.0)
    lat, lon = (np.array(values) for values in zip(BEIJING, KASHGAR, strict=True))
    noon_s = sin_elevation(lat, lon, 274, second).argmax(axis=1)
    assert np.diff(noon_s)[0] == pytest.approx((116.4 - 76.0) / 15 * 3600, abs=2)


def test_there_is_no_sun_at_night_and_never_more_than_a_clear_sky_gives() -> None:
    sky = clear_sky(np.array([30.0]), np.array([120.0]), 172, np.arange(0.0, 86_400.0, 300.0))
    assert sky[0, : 4 * 12].max() == 0.0
    assert 0.9 < sky.max() < 1.098


def test_a_year_of_mean_clouds_has_the_full_load_hours_of_the_table() -> None:
    """Less what is cut at the peak power, which is nothing below 1,500 h."""
    lat, lon, hours = np.array([23.0, 40.0]), np.array([113.0, 110.0]), np.array([1000.0, 1400.0])
    months = [Period(start_date=dt.date(2027, month, 1), n_days=28, window_s=900) for month in range(1, 13)]
    mean = np.mean([sun_ppm(of, lat, lon, hours, np.ones((28, 2))).mean(axis=1) for of in months], axis=0) / 1e6
    assert mean * 8760 == pytest.approx(hours, rel=0.01)


def test_clouds_are_the_same_for_a_date_however_long_the_run_and_even_about_one() -> None:
    long = Config.model_validate({"period": {"n_days": 31, "window_s": 900}})
    short = Config.model_validate({"period": {"n_days": 2, "window_s": 900}})
    assert np.array_equal(pv_ppm(short, REGIONS), pv_ppm(long, REGIONS)[:, : 2 * 96])
    one_day = pv_ppm(long, REGIONS).reshape(31, 31, 96).sum(axis=2)
    assert len(np.unique(one_day[0])) == 31
    brightest = one_day.max(axis=1) / one_day.min(axis=1)
    assert ((brightest > 2.0) & (brightest < 5.0)).all()


def stations() -> tuple[Stations, Pools]:
    """Return 3,000 stations of ten EVSEs behind 600 kW, the layers taking turns."""
    table, pools = rows(Stations, 3000), rows(Pools, 3000)
    table.layer[:] = np.arange(3000) % 3
    table.site_limit_w[:], table.n_pools[:], table.first_pool[:] = 600_000, 1, np.arange(3000)
    pools.station[:], pools.n_evse[:] = np.arange(3000), 10
    return table, pools


def test_shares_by_layer_and_sizes_by_evse_and_transformer() -> None:
    plants = draw_plants(config(pv_share={"highway": 0.5}, storage_share={"highway": 0.2, "urban": 1.0}), *stations())
    layer = plants.station % 3
    has_pv, has_storage = plants.pv_w > 0, plants.storage_w > 0
    assert set(layer[has_pv]) == {1}
    assert has_pv.sum() == pytest.approx(500, abs=50)
    assert (has_storage & (layer == 0)).sum() == 1000
    assert (has_storage & (layer == 1)).sum() == pytest.approx(200, abs=40)
    assert has_pv[has_storage & (layer == 1)].all()
    assert set(plants.pv_w[has_pv]) == {35_000}
    assert set(plants.storage_w[has_storage]) == {78_000}
    assert set(plants.capacity_ws[has_storage]) == {int(78_000 * 2.15 * 3600)}


def test_more_of_them_are_more_at_the_same_stations() -> None:
    few, many = (draw_plants(config(pv_share={"urban": share}), *stations()) for share in (0.1, 0.4))
    assert set(few.station[few.pv_w > 0]) < set(many.station[many.pv_w > 0])


def test_without_any_nothing_stands_behind_the_transformers() -> None:
    none = config(pv_share={}, storage_share={})
    assert build_behind(none, REGIONS, *stations(), np.zeros((31, 24))) is NO_PLANTS


def test_photovoltaics_are_no_stronger_than_the_transformer() -> None:
    plants = draw_plants(config(pv_share={"rural": 1.0}, pv_kw_per_evse=100.0), *stations())
    assert plants.pv_w.max() == 600_000


def test_the_sections_settings_reach_the_engine() -> None:
    behind = build_behind(config(dispatch="tariff", is_feed_in=False), REGIONS, *stations(), np.ones((31, 24)))
    assert (DISPATCHES[behind.dispatch], behind.is_feed_in, behind.round_trip_ppm) == ("tariff", 0, 870_000)
    assert behind.pv_ppm.shape == (31, 2 * 288)


def test_every_province_has_full_load_hours() -> None:
    table = seeds.read("province_figures")
    assert (table["figure"] == "pv_full_load_hours").sum() == 31


@pytest.mark.parametrize(
    "setting",
    [
        "site.pv_share={highway: 1.2}", "site.storage_share={urban: -0.1}", "site.pv_share={seaside: 0.1}",
        "site.pv_kw_per_evse=-3", "site.storage_limit_share=1.5", "site.storage_h=-2", "site.round_trip_efficiency=1.1",
        "site.dispatch=often", "site.round_trip_efficiency=0",
    ],
)  # fmt: skip
def test_what_no_site_can_have_is_refused(setting: str) -> None:
    with pytest.raises(ConfigError, match=setting.partition("=")[0].replace(".", r"\.")):
        load("configs/smoke.yaml", [setting])


def test_all_faults_of_the_section_are_told_at_once() -> None:
    wrong = ["site.pv_kw_per_evse=-3", "site.storage_limit_share=1.5", "site.dispatch=often"]
    with pytest.raises(ConfigError) as refused:
        load("configs/smoke.yaml", wrong)
    assert all(setting.partition("=")[0] in str(refused.value) for setting in wrong)
