"""What a site's transformer lets through, and what voltage and current of an EVSE do."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from twin.tables import seeds
from twin.tables.columns import F64, I32, I64
from twin.tables.inputs import NO_LIMIT_W

__all__ = ["BOOST_W", "POWER_FACTOR", "TRANSFORMER_KVA", "needed_kva", "plug_limits_w", "site_limit_w", "standard_kva"]

TRANSFORMER_KVA = np.array([100, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000, 2500], np.float64)
"""Rated sizes of 10 kV distribution transformers (R10 series, GB/T 6451; from memory, unverified); larger sites have
several of 2,500 kVA."""

POWER_FACTOR = 0.95
"""From memory, unverified."""

BOOST_W = 50_000
"""What the converter of a vehicle lets through whose battery has more volts than the EVSE: standard equipment of the Porsche
Taycan at 400 V; from memory, unverified. Others boost through the motor, some with more."""


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
    kva = standard_kva(needed_kva(rated_w, strongest_w, n_dc, share, efficiency))
    limited = np.minimum(np.floor(kva * 1000.0 * POWER_FACTOR * efficiency).astype(np.int64), rated_w)
    return np.where(n_dc > 0, limited, rated_w)


def needed_kva(rated_w: I64, strongest_w: I64, n_dc: I64, share: float, efficiency: float) -> F64:
    """Apparent power that the transformer of each site has to have, before a standard size is bought; see `site_limit_w`."""
    simultaneous = share + (1.0 - share) / np.maximum(n_dc, 1)
    needed: F64 = np.maximum(rated_w * simultaneous, strongest_w) / (1000.0 * POWER_FACTOR * efficiency)
    return needed


def standard_kva(needed: F64) -> F64:
    """Next standard size of transformer; above the largest, several of the largest and one for the rest."""
    largest = TRANSFORMER_KVA[-1]
    bank_kva = largest * np.floor(needed / largest)
    rest_kva = needed - bank_kva
    standard = TRANSFORMER_KVA[np.minimum(np.searchsorted(TRANSFORMER_KVA, rest_kva), len(TRANSFORMER_KVA) - 1)]
    kva: F64 = bank_kva + np.where(rest_kva > 0, standard, 0.0)
    return kva


def plug_limits_w(voltage_v: F64, folder: Path | None = None) -> I32:
    """Power that voltage and current let through between a battery and an EVSE, whatever the EVSE is rated for.

    An EVSE gives its current at the nominal voltage of the battery, P = U I. A battery of more volts than the EVSE has is
    charged through a converter in the vehicle, which takes the EVSE's current at the EVSE's voltage and lets no more than
    `BOOST_W` through. At AC the on-board charger sets the limit.

    Parameters
    ----------
    voltage_v : ndarray of float64, shape (n_classes,)
        Nominal voltage of each vehicle class.
    folder : pathlib.Path, optional
        Folder of the seed tables; the packaged ones by default.

    Returns
    -------
    ndarray of int32, shape (n_classes, n_power_classes)
        Watts; `NO_LIMIT_W` at AC.
    """
    table = seeds.read("power_classes", folder)
    direct_w = voltage_v[:, None] * table["max_current_a"]
    boosted_w = np.minimum(table["max_voltage_v"] * table["max_current_a"], BOOST_W)
    limit_w = np.where(voltage_v[:, None] <= table["max_voltage_v"], direct_w, boosted_w)
    return np.where(table["kind"] == "ac", NO_LIMIT_W, limit_w).astype(np.int32)
