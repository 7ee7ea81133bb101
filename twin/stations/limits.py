"""What a site's transformer lets through."""

from __future__ import annotations

import numpy as np

from twin.tables.columns import I64

__all__ = ["TRANSFORMER_KVA", "site_limit_w"]

TRANSFORMER_KVA = np.array([100, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500], np.float64)
"""Rated sizes of 10 kV distribution transformers (R10 series, GB/T 6451; from memory, unverified); larger sites have
several of 2,500 kVA."""

POWER_FACTOR = 0.95
"""From memory, unverified."""


def site_limit_w(rated_w: I64, strongest_w: I64, n_dc: I64, share: float, efficiency: float) -> I64:
    """Power that the transformer of each site lets through to the plugs.

    The transformer is dimensioned for ``share + (1 - share) / n`` of the rated sum, as fewer EVSEs are more often busy
    together, and never below the strongest EVSE; then the next standard size is bought. Sites of slow plugs hang on
    the building's supply and are not limited.

    Parameters
    ----------
    rated_w : ndarray of int64, shape (n_stations,)
        Rated power of all EVSEs.
    strongest_w : ndarray of int64, shape (n_stations,)
        Rated power of the strongest DC EVSE, 0 without one.
    n_dc : ndarray of int64, shape (n_stations,)
        DC EVSEs.
    share : float
        Power of the transformer as a share of the rated sum at a large site.
    efficiency : float
        Energy into the battery per energy from the grid.

    Returns
    -------
    ndarray of int64, shape (n_stations,)
        Watts, at most `rated_w`.
    """
    per_kva_w = 1000.0 * POWER_FACTOR * efficiency
    simultaneous = share + (1.0 - share) / np.maximum(n_dc, 1)
    needed_kva = np.maximum(rated_w * simultaneous, strongest_w) / per_kva_w
    largest = TRANSFORMER_KVA[-1]
    bank_kva = largest * np.floor(needed_kva / largest)
    rest_kva = needed_kva - bank_kva
    standard = TRANSFORMER_KVA[np.minimum(np.searchsorted(TRANSFORMER_KVA, rest_kva), len(TRANSFORMER_KVA) - 1)]
    kva = bank_kva + np.where(rest_kva > 0, standard, 0.0)
    limited = np.minimum(np.floor(kva * per_kva_w).astype(np.int64), rated_w)
    return np.where(n_dc > 0, limited, rated_w)
