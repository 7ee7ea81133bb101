"""Local days: how vehicles live through a day in their own zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import gamma, lognorm

from twin.fleet import figures
from twin.fleet.quantiles import from_hours, from_inverse, there_and_back
from twin.tables.columns import F64
from twin.tables.inputs import VEHICLE_KINDS, LocalTables
from twin.tables.seeds import read

if TYPE_CHECKING:
    from twin.config import Config
    from twin.fleet.calendar import Calendar
    from twin.network.regions import Regions

DAY_KINDS = ("workday", "weekend", "holiday")
SPREAD = {"taxi": 0.35, "van": 0.40, "bus": 0.25, "truck": 0.40}
"""Deviation of ln km of fleets around their mean day; own estimate, low confidence."""

KM_FACTOR = {
    "car": (1.00, 1.00, 1.00),
    "taxi": (1.00, 1.05, 0.95),
    "van": (1.00, 0.80, 0.80),
    "bus": (1.00, 0.95, 0.90),
    "truck": (1.00, 0.95, 1.00),
}
"""Kilometres of a driving vehicle on workday, weekend and holiday against the workday. Cars: errands replace
commuting; with fewer that drive (0.70 against 0.72) and about one in six away from home, a city of departures falls to
about 0.82, as Shenzhen's public charging did at National Day 2022. Vans and trucks rest on more days, see the shares
that drive. Others: own estimate, low confidence."""

SPRING_FESTIVAL_KM = 0.70
"""Further factor on kilometres of cars, vans and taxis: towns empty and business rests (Shenzhen's public charging
0.50)."""


class Temperature(NamedTuple):
    """Factors on consumption and on charging power at a temperature, shape of the temperatures asked for."""

    consumption: F64
    power: F64


def build_local(config: Config, calendar: Calendar, regions: Regions) -> LocalTables:
    """Build the tables of local days.

    Parameters
    ----------
    config : Config
        Section ``travel``.
    calendar : Calendar
        The days of the run.
    regions : Regions
        Provinces, for the weather.

    Returns
    -------
    LocalTables
    """
    kinds = [DAY_KINDS.index(kind) for kind in calendar.kind]
    km = np.array([[_km(kind, day) for day in range(3)] for kind in VEHICLE_KINDS])[:, kinds]
    spring = np.array([name == "spring_festival" for name in calendar.holiday])
    km[:3] *= np.where(spring, SPRING_FESTIVAL_KM, 1.0)[None, :, None]
    depart, back, charge = (np.array(part)[:, kinds] for part in zip(*map(_hours, VEHICLE_KINDS), strict=True))
    weather = temperature_factors(daily_temperature_degc(calendar, regions))
    return LocalTables(
        p_drive=np.array([_p_drive(kind) for kind in VEHICLE_KINDS])[:, kinds],
        km_quantile=km * config.travel.local_factor,
        depart_quantile=depart,
        return_quantile=back,
        charge_quantile=charge,
        consumption_factor=weather.consumption,
        power_factor=weather.power,
    )


def daily_temperature_degc(calendar: Calendar, regions: Regions) -> F64:
    """Return the mean temperature of each province and day, shape (n_provinces, n_days).

    A cosine through the means of January and July, coldest in mid-January; good to about 2 degC in spring and autumn.
    """
    cold, warm = figures.province(regions, "temp_jan"), figures.province(regions, "temp_jul")
    first = np.array([f"{date[:4]}-01-01" for date in calendar.date], "datetime64[D]")
    day = (np.array(calendar.date, "datetime64[D]") - first).astype(np.float64)
    phase = np.cos(2.0 * np.pi * (day - 14.0) / 365.25)
    out: F64 = 0.5 * (cold + warm)[:, None] + 0.5 * (cold - warm)[:, None] * phase[None]
    return out


def temperature_factors(degc: F64) -> Temperature:
    """Return the factors at a temperature, linear between the rows of ``temperature.csv``."""
    seed = read("temperature")
    order = np.argsort(seed["temp_degc"], kind="stable")
    at = seed["temp_degc"][order]
    return Temperature(
        np.interp(degc, at, seed["consumption_factor"][order]), np.interp(degc, at, seed["charge_power_factor"][order])
    )


def mean_km(kind: str) -> float:
    """Return the mean kilometres of a driving vehicle on a workday; trucks: those that stay in their zone."""
    if kind == "car":
        return figures.travel("private_car", "daily_km_gamma_shape") * figures.travel("private_car", "daily_km_gamma_scale")
    if kind == "truck":
        hauls = read("truck_hauls")
        return float(hauls["daily_km"][hauls["haul"] == "drayage"][0])
    return figures.travel({"taxi": "taxi", "van": "logistic_van", "bus": "bus"}[kind], "daily_km")


def _km(kind: str, day: int) -> F64:
    """Quantile table of the kilometres of a driving vehicle."""
    mean = mean_km(kind) * KM_FACTOR[kind][day]
    if kind == "car":
        shape = figures.travel("private_car", "daily_km_gamma_shape")
        return from_inverse(lambda u: gamma.ppf(u, shape, scale=mean / shape))
    spread = SPREAD[kind]
    return from_inverse(lambda u: lognorm.ppf(u, spread, scale=mean * np.exp(-0.5 * spread**2)))


def _p_drive(kind: str) -> list[float]:
    """Share of vehicles that drive on workday, weekend and holiday."""
    section = {"car": "private_car", "truck": "heavy_truck"}.get(kind, kind)
    ordinary = figures.travel(section, "share_days_driven")
    holiday = {"car": figures.travel("private_car", "share_days_driven_holiday"), "van": 0.5 * ordinary}
    holiday["truck"] = ordinary * figures.travel("holiday", "factor_trucks")
    return [ordinary, ordinary, holiday.get(kind, ordinary)]


def _hours(kind: str) -> tuple[F64, F64, F64]:
    """Tables of leaving, being back and seeking a public charger, each of shape (3 day kinds, N_KNOTS).

    Cars and taxis look for a public charger where towns were seen to charge, and while they are about, half and half.
    """
    tables = []
    for day in DAY_KINDS:
        go, back = there_and_back(_movement(kind, day))
        tables.append((from_hours(go), from_hours(back), from_hours(_seeking(kind, day))))
    return tuple(np.array(part) for part in zip(*tables, strict=True))  # type: ignore[return-value]


def _movement(kind: str, day: str) -> F64:
    if kind == "car":
        return figures.hours(f"depart_local_{day}")
    if kind == "truck":
        return figures.hours("depart_truck_holiday" if day == "holiday" else "depart_truck_ordinary")
    return figures.hours("depart_van_workday") if kind == "van" else figures.hours("taxi_in_service")


def _seeking(kind: str, day: str) -> F64:
    if kind == "bus":
        return figures.hours("charge_urban_depot_like_weekday")
    if kind in ("van", "truck"):
        return figures.hours("charge_fleet_freight_weekday")
    town = {"workday": "weekday", "weekend": "weekend", "holiday": "national_day"}[day]
    return 0.5 * (figures.hours(f"charge_urban_public_{town}") + _movement(kind, day))
