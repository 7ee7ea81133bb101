"""What is asked of private plugs: cheap hours, a plan for orderly charging under a cap, calls for power from vehicles.

Everything is published a day ahead, so that each vehicle can find its own hours and nobody has to wait for anybody.
Powers are whole watts: a level found by halving is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from twin.tables.columns import F64, I64
from twin.tables.inputs import ACCESS_KINDS, GUIDED_DAYS, Guidance, Workplaces

if TYPE_CHECKING:
    from twin.grid.tariffs import Prices

__all__ = ["AT_WORK", "build_guidance", "build_workplaces", "call_for_power", "level_fill", "no_guidance", "plan_charging"]

QUARTER_S = 900
QUARTERS_PER_DAY = 96
HOURS_PER_DAY = 24
NIGHT = slice(QUARTERS_PER_DAY // 2, QUARTERS_PER_DAY * 3 // 2)
"""From noon to noon: the day's orderly charging, for which the level is found."""
AT_WORK = slice(QUARTERS_PER_DAY // 3, QUARTERS_PER_DAY * 3 // 4)
"""From 08:00 to 18:00: when cars stand at work."""
LEAST_SAVING = 0.05
"""For less than a twentieth of the energy price nobody changes the hour. From memory, unverified."""


def no_guidance(n_zones: int, n_provinces: int) -> Guidance:
    """Return what asks nothing of anybody: every hour is as good as the next, and no call is made."""
    hours = np.arange(GUIDED_DAYS * HOURS_PER_DAY, dtype=np.int32)
    return Guidance(
        fill_w=np.zeros((n_zones, GUIDED_DAYS * QUARTERS_PER_DAY + 1), np.int64),
        cheap_s=np.tile(hours * 3600, (n_provinces, 1)),
        errand_h=np.tile(hours[:HOURS_PER_DAY], (n_provinces, 1)),
        event_from_s=np.zeros(n_zones, np.int32),
        event_until_s=np.zeros(n_zones, np.int32),
        bidirectional=np.zeros((n_zones, len(ACCESS_KINDS))),
    )


def build_guidance(prices: Prices, n_zones: int, bidirectional: F64 | None = None, shift_h: int = 3) -> Guidance:
    """Return what prices say to plugs and drivers; grid operators write their plans into it before each day.

    Parameters
    ----------
    prices : Prices
        Energy prices and cheap hours by province.
    n_zones : int
        Zones.
    bidirectional : ndarray, shape (n_zones, len(ACCESS_KINDS)), optional
        Share of private plugs that can give to the grid; none by default.
    shift_h : int
        Hours by which who heeds prices moves a public charge in town.
    """
    nothing = no_guidance(n_zones, len(prices.is_cheap))
    return nothing._replace(
        cheap_s=next_cheap_s(prices.is_cheap),
        errand_h=errand_hours(prices.energy_cny_per_kwh, shift_h),
        bidirectional=nothing.bidirectional if bidirectional is None else bidirectional,
    )


def build_workplaces(kinds: Sequence[str], n_zones: int, orderly_share: float) -> Workplaces:
    """Return plugs at work without a plan yet; grid operators write it before each day.

    Parameters
    ----------
    kinds : sequence of str
        Kind of each day of the run, as `twin.fleet.calendar` has it.
    n_zones : int
        Zones.
    orderly_share : float
        Share of these plugs in orderly charging.
    """
    is_open = np.array([kind == "workday" for kind in kinds], np.uint8)
    return Workplaces(orderly_share, is_open, np.zeros((n_zones, GUIDED_DAYS * QUARTERS_PER_DAY + 1), np.int64))


def next_cheap_s(is_cheap: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return for each hour of the guided days when it begins if it is cheap, else when the next cheap one does (s).

    Parameters
    ----------
    is_cheap : ndarray of bool, shape (n_provinces, 24)
        A province without a cheap hour has nothing to wait for.
    """
    n_hours = GUIDED_DAYS * HOURS_PER_DAY
    hours = np.arange(n_hours + HOURS_PER_DAY)
    begins = np.where(np.tile(is_cheap, (1, GUIDED_DAYS + 1)), hours, hours[-1] + 1)
    following = np.minimum.accumulate(begins[:, ::-1], axis=1)[:, ::-1][:, :n_hours]
    following = np.where(is_cheap.any(axis=1, keepdims=True), following, hours[:n_hours])
    return (following * 3600).astype(np.int32)


def errand_hours(price_cny_per_kwh: F64, shift_h: int = 3) -> NDArray[np.int32]:
    """Return for each hour of day the one in which a driver who heeds prices goes instead: the cheapest near by.

    The same hour unless another saves `LEAST_SAVING`; of equal ones the nearest, then the earlier. Shape (n_provinces, 24).
    """
    hours = np.arange(HOURS_PER_DAY)
    chosen = np.tile(hours, (len(price_cny_per_kwh), 1))
    for hour in range(HOURS_PER_DAY):
        near = hours[np.abs(hours - hour) <= shift_h]
        near = near[np.lexsort((near, np.abs(near - hour)))]
        best = near[np.argmin(price_cny_per_kwh[:, near], axis=1)]
        rows = np.arange(len(best))
        saves = price_cny_per_kwh[rows, best] < (1.0 - LEAST_SAVING) * price_cny_per_kwh[:, hour]
        chosen[:, hour] = np.where(saves, best, hour)
    return chosen.astype(np.int32)


def plan_charging(
    forecast_w: I64, is_cheap: NDArray[np.bool_], cap_w: I64, wanted_ws: I64 | None, over: slice = NIGHT
) -> I64:
    """Return the running sums of power meant for orderly charging, shape (n_zones, n_quarters + 1).

    Cheap hours are filled to one level, at most to the cap. What does not fit goes to the other hours below the cap, and
    what does not fit there either raises the level of the cheap hours above the cap: promised energy goes first.

    Parameters
    ----------
    forecast_w : ndarray of int64, shape (n_zones, n_quarters)
        Load expected without the charging to be planned, over the guided days.
    is_cheap : ndarray of bool, shape (n_quarters,)
        Quarter hours in which to charge.
    cap_w : ndarray of int64, shape (n_zones,)
        Load that a zone is to keep.
    wanted_ws : ndarray of int64, shape (n_zones,), optional
        Energy that is expected to be shifted; not known: the cheap hours are filled to the cap.
    over : slice
        Quarter hours in which it is: from noon to noon by default.
    """
    wanted_w = np.full(len(cap_w), 2**62 // QUARTER_S) if wanted_ws is None else -(-wanted_ws // QUARTER_S)
    top_w = np.broadcast_to(cap_w[:, None], forecast_w.shape)
    level_w = level_fill(forecast_w[:, over], is_cheap[over], wanted_w, cap_w)
    fill_w = np.where(is_cheap, np.maximum(np.minimum(level_w[:, None], top_w) - forecast_w, 0), 0)
    if wanted_ws is not None:
        missing_w = wanted_w - fill_w[:, over].sum(axis=1)
        other_w = level_fill(forecast_w[:, over], ~is_cheap[over], np.maximum(missing_w, 0), cap_w)
        fill_w += np.where(is_cheap | (missing_w <= 0)[:, None], 0, np.maximum(other_w[:, None] - forecast_w, 0))
        missing_w = wanted_w - fill_w[:, over].sum(axis=1)
        above_w = level_fill(forecast_w[:, over], is_cheap[over], wanted_w, np.full_like(cap_w, 2**53))
        raised_w = np.where(is_cheap, np.maximum(above_w[:, None] - forecast_w, 0), 0)
        fill_w = np.where((missing_w > 0)[:, None] & is_cheap.any(), raised_w, fill_w)
    return np.concatenate([np.zeros((len(cap_w), 1), np.int64), np.cumsum(fill_w, axis=1)], axis=1)


def level_fill(load_w: I64, is_open: NDArray[np.bool_], wanted_w: I64, cap_w: I64) -> I64:
    """Return the least level to which the open quarters can be filled so that they take what is wanted; at most the cap.

    Parameters
    ----------
    load_w : ndarray of int64, shape (n_zones, n_quarters)
        What is there already.
    is_open : ndarray of bool, shape (n_quarters,)
        Quarters that may be filled.
    wanted_w : ndarray of int64, shape (n_zones,)
        Sum of the power to be filled in over the quarters.
    cap_w : ndarray of int64, shape (n_zones,)
        Highest level.
    """
    open_w = load_w[:, is_open]
    below, above = np.minimum(open_w.min(axis=1, initial=2**53), cap_w), cap_w.copy()
    while (above - below > 1).any():
        middle = (below + above) // 2
        takes_w = np.maximum(middle[:, None] - open_w, 0).sum(axis=1)
        enough = takes_w >= wanted_w
        above, below = np.where(enough, middle, above), np.where(enough, below, middle)
    takes_w = np.maximum(below[:, None] - open_w, 0).sum(axis=1)
    return np.where(takes_w >= wanted_w, below, above)


def call_for_power(forecast_kw: F64, annual_peak_kw: float, call_share: float, event_s: int) -> tuple[int, int]:
    """Return from which to which second of the day vehicles are called to give, around the highest load expected.

    Parameters
    ----------
    forecast_kw : ndarray of float64, shape (96,)
        Load of the province expected for the day.
    annual_peak_kw : float
        Its annual peak without vehicles.
    call_share : float
        Share of that peak from which on a call is made; below it (0, 0) is returned.
    event_s : int
        Length of the call.
    """
    peak = int(np.argmax(forecast_kw))
    if annual_peak_kw <= 0.0 or forecast_kw[peak] < call_share * annual_peak_kw:
        return 0, 0
    begin_s = min(max(peak * QUARTER_S + QUARTER_S // 2 - event_s // 2, 0), HOURS_PER_DAY * 3600 - event_s)
    return begin_s, begin_s + event_s
