"""How much more charging a zone can host below its annual peak, as it is and with storage beside the new plugs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.tables.columns import F64

__all__ = ["QUARTERS_PER_DAY", "hosting_kw", "hosting_with_storage_kw", "shape_of"]

QUARTERS_PER_DAY = 96
HALVINGS = 24
"""The answer is within a sixteen-millionth of the room that a zone has in its emptiest quarter hour."""
STORAGE_H = 2.15
"""A storage cabinet of 215 kWh gives 100 kW."""
ROUND_TRIP = 0.87
"""Energy out of a storage cabinet per energy into it. From memory, unverified."""


def shape_of(public_kw: F64) -> F64:
    """Return the daily shape of public charging per unit of its largest quarter hour, in every quarter hour of the run.

    Parameters
    ----------
    public_kw : ndarray, shape (n_zones, n_quarters)
        Public charging; a zone that has none takes the shape of all.
    """
    n_zones, n_quarters = public_kw.shape
    if n_quarters % QUARTERS_PER_DAY:
        return np.ones_like(public_kw)
    by_day = public_kw.reshape(n_zones, -1, QUARTERS_PER_DAY).mean(axis=1)
    of_all = by_day.sum(axis=0)
    by_day = np.where(by_day.any(axis=1, keepdims=True), by_day, of_all if of_all.any() else 1.0)
    day = by_day / by_day.max(axis=1, keepdims=True)
    shape: F64 = np.tile(day, (1, n_quarters // QUARTERS_PER_DAY))
    return shape


LEAST_SHAPE = 1e-9
"""A quarter hour with less of the peak than this bounds nothing."""


def hosting_kw(room_kw: F64, shape: F64) -> F64:
    """Return the peak of further public charging that fits into each zone's room at every quarter hour.

    Parameters
    ----------
    room_kw : ndarray, shape (n_zones, n_quarters)
        Annual peak less the load that is there.
    shape : ndarray, shape (n_zones, n_quarters)
        From `shape_of`.

    Returns
    -------
    ndarray, shape (n_zones,)
        None where the zone is over its annual peak already.
    """
    fits: F64 = np.divide(room_kw, shape, out=np.full(room_kw.shape, np.inf), where=shape > LEAST_SHAPE)
    most: F64 = np.maximum(fits.min(axis=1), 0.0)
    return most


def hosting_with_storage_kw(room_kw: F64, shape: F64, storage_h: float) -> F64:
    """Return the same where each kW of further charging brings `storage_h` kWh of storage, full at the start.

    The storage shaves whatever exceeds the annual peak, also of the load that was there, and fills up again below it.
    By halving between what fits without it and twice what the quarter hour with most room has.
    """
    below = hosting_kw(room_kw, shape)
    above = np.maximum(2.0 * room_kw.max(axis=1), below)
    for _ in range(HALVINGS):
        middle = (below + above) / 2.0
        fits = _is_shaved(middle[:, None] * shape - room_kw, middle * storage_h)
        below, above = np.where(fits, middle, below), np.where(fits, above, middle)
    return below


def _is_shaved(over_kw: F64, energy_kwh: F64) -> NDArray[np.bool_]:
    """Return for each zone whether storage of this size covers what is over its peak in all quarter hours."""
    power_kw, stored_kwh = energy_kwh / STORAGE_H, energy_kwh.copy()
    fits = np.ones(len(energy_kwh), np.bool_)
    for at_kw in over_kw.T:
        asked_kwh = np.maximum(at_kw, 0.0) / 4.0
        fits &= (at_kw <= power_kw) & (asked_kwh <= stored_kwh)
        taken_kw = np.minimum(np.maximum(-at_kw, 0.0), power_kw)
        stored_kwh = np.minimum(np.maximum(stored_kwh - asked_kwh, 0.0) + taken_kw * ROUND_TRIP / 4.0, energy_kwh)
    return fits
