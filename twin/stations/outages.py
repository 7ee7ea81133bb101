"""Failure and repair: which EVSEs are out of service and when, as a calendar made before the run.

Each EVSE alternates between service and repair, each station between open and closed, as renewal processes in their
stationary state (Barlow and Proschan, "Mathematical Theory of Reliability", 1965): times to failure are exponential, and so
is the length of a repair of either kind, from afar or by a technician on site. Only what goes out is kept. No draw depends
on anybody's charging, so two scenarios with one seed see the same failures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from twin.rng import Stream, uniforms, uniforms_of
from twin.stations.dates import month_number
from twin.tables.columns import F64, I64, empty
from twin.tables.inputs import Outages, Pools, Stations

if TYPE_CHECKING:
    from twin.config import Config

__all__ = ["Process", "build_outages", "merge", "renewals"]

HIGH_POWER_W = 250_000
HOUR_S, DAY_S = 3600.0, 86_400.0
LATEST_S = 2**30
"""No repair ends later: 34 years."""


class Process(NamedTuple):
    """How something fails and is repaired.

    Attributes
    ----------
    up_s : float or ndarray of float64, shape (n,)
        Mean time to failure after a repair.
    quick_share : float
        Share of the failures whose repair is quick.
    quick_s, slow_s : float
        Mean length of a quick repair and of any other.
    """

    up_s: float | F64
    quick_share: float
    quick_s: float
    slow_s: float

    @property
    def down_s(self) -> float:
        """Mean length of a repair."""
        return self.quick_share * self.quick_s + (1.0 - self.quick_share) * self.slow_s


def build_outages(
    config: Config,
    stations: Stations,
    pools: Pools,
    closed: tuple[I64, I64, I64] | None = None,
    evse_month: I64 | None = None,
) -> Outages:
    """Draw every outage of the period, by failure of an EVSE and by incidents that close a whole station.

    Parameters
    ----------
    config : Config
        Sections ``outages`` and ``period``, and the seed.
    stations, pools
        The stations; EVSE ids are contiguous by pool, pools by station.
    closed : tuple of ndarray, optional
        EVSE, begin and end of times in which an EVSE is not open yet, or not any more; they count as outages.
    evse_month : ndarray of int64, shape (n_evse,), optional
        Month in which each EVSE was commissioned; without it none counts as certified or old.

    Returns
    -------
    Outages
        Sorted by (station, begin, EVSE). An incident puts all EVSEs of its station out; where outages of an EVSE overlap
        or touch they are one. Where ``outages.is_on`` is false nothing fails.
    """
    settings, seed = config.outages, config.scenario.seed
    n_evse = pools.n_evse.astype(np.int64)
    of_station = np.repeat(pools.station, n_evse)
    known = [] if closed is None else [closed]
    if not settings.is_on:
        return _calendar(known, of_station) if known else empty(Outages, 0)
    run_s = config.period.n_days * int(DAY_S)
    mtbf_h = np.where(pools.rated_power_w >= HIGH_POWER_W, settings.high_power_mtbf_h, settings.mtbf_h)
    up_s = np.repeat(mtbf_h * HOUR_S, n_evse) * _by_age(config, evse_month)
    equipment = Process(up_s, settings.remote_share, settings.remote_fix_h * HOUR_S, settings.repair_h * HOUR_S)
    closures = Process(settings.incident_interval_d * DAY_S, 0.0, 0.0, settings.incident_h * HOUR_S)
    failed = renewals(seed, Stream.OUTAGE, len(of_station), equipment, run_s)
    incidents = _all_of_station(renewals(seed, Stream.INCIDENT, len(stations.zone), closures, run_s), of_station)
    return _calendar([failed, incidents, *known], of_station)


def _by_age(config: Config, evse_month: I64 | None) -> F64 | float:
    """Return what the mean time between failures of each EVSE is multiplied by, for its vintage."""
    settings, today = config.outages, config.period.start_date
    if evse_month is None:
        return 1.0
    factor = np.where(evse_month >= month_number(settings.certified_from), settings.certified_factor, 1.0)
    is_old = evse_month < month_number(f"{today.year}-{today.month:02d}") - 12 * settings.old_after_a
    return np.where(is_old, settings.old_factor, factor)


def _calendar(parts: list[tuple[I64, I64, I64]], of_station: np.ndarray) -> Outages:
    """Put outages of several causes into one calendar."""
    evse, begin_s, end_s = merge(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    station = of_station[evse].astype(np.int64)
    order = np.argsort((station << 32) + begin_s, kind="stable")
    return Outages(*(column[order].astype(np.int32) for column in (station, evse, begin_s, end_s)))


def renewals(seed: int, stream: Stream, n: int, process: Process, run_s: int) -> tuple[I64, I64, I64]:
    """Return (entity, begin, end) of every time out of service that begins before `run_s`, in whole seconds.

    At second 0 an entity is out with the share that it is out in the long run; what is left of a time to failure or of a
    repair then is exponential again.
    """
    up_s = np.broadcast_to(np.asarray(process.up_s, np.float64), n)
    is_out, left = _split(uniforms(seed, stream, 0, n), process.down_s / (up_s + process.down_s))
    begin_s = np.where(is_out, 0, _length_s(left, up_s))
    entity = np.flatnonzero(begin_s < run_s)
    begin_s, is_out, found, period = begin_s[entity], is_out[entity], [], 1
    while len(entity):
        # Whoever is found in repair is rather in a long one.
        quick_share = np.where(is_out, process.quick_share * process.quick_s / process.down_s, process.quick_share)
        is_quick, left = _split(uniforms_of(seed, stream, entity, period, 0), quick_share)
        end_s = np.minimum(begin_s + _length_s(left, np.where(is_quick, process.quick_s, process.slow_s)), LATEST_S)
        found.append((entity, begin_s, end_s))
        begin_s = end_s + _length_s(uniforms_of(seed, stream, entity, period, 1), up_s[entity])
        again = begin_s < run_s
        entity, begin_s, is_out, period = entity[again], begin_s[again], np.zeros(int(again.sum()), np.bool_), period + 1
    columns = zip(*found, strict=True) if found else ((np.zeros(0, np.int64),) for _ in range(3))
    entity, begin_s, end_s = (np.concatenate(list(column)) for column in columns)
    return entity, begin_s, end_s


def merge(evse: I64, begin_s: I64, end_s: I64) -> tuple[I64, I64, I64]:
    """Join the outages of an EVSE that overlap or touch, since it is in service between none of them."""
    order = np.argsort((evse << 32) + begin_s, kind="stable")
    evse, begin_s, end_s = evse[order], begin_s[order], end_s[order]
    # Ends so far, of this EVSE: those of a lower one are lower than any begin.
    latest = np.maximum.accumulate((evse << 32) + end_s)
    is_first = np.ones(len(evse), np.bool_)
    is_first[1:] = (evse[1:] << 32) + begin_s[1:] > latest[:-1]
    first = np.flatnonzero(is_first)
    last = np.append(first[1:], len(evse)) - 1 if len(first) else first
    return evse[first], begin_s[first], latest[last] - (evse[first] << 32)


def _all_of_station(closed: tuple[I64, I64, I64], of_station: np.ndarray) -> tuple[I64, I64, I64]:
    """Return the closures of stations as outages of all their EVSEs."""
    station, begin_s, end_s = closed
    first, last = (np.searchsorted(of_station, station, side) for side in ("left", "right"))
    count = last - first
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    return np.repeat(first, count) + within, np.repeat(begin_s, count), np.repeat(end_s, count)


def _split(u: F64, share: float | F64) -> tuple[np.ndarray, F64]:
    """Return whether a draw is below a share, and a draw in [0, 1) from what is left of it."""
    is_below = u < share
    return is_below, np.where(is_below, u / np.maximum(share, 1e-300), (u - share) / np.maximum(1.0 - share, 1e-300))


def _length_s(u: F64, mean_s: float | F64) -> I64:
    """Return an exponential time of a mean, a whole second at least."""
    return np.clip(np.ceil(-mean_s * np.log1p(-np.minimum(u, 1.0 - 2.0**-33))), 1.0, LATEST_S).astype(np.int64)
