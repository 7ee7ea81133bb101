"""Where trips go: gravity rows over zones, and the alias tables that draw from them."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from twin.errors import DataError
from twin.tables.columns import F32, F64, I16

STEEPEST = 8.0
"""Bound of the exponent that `fit_exponent` may add to, or take from, the deterrence."""


def lognormal_deterrence(km: F64, mu: float, sigma: float, exponent: float) -> F64:
    """Return how much a distance is favoured for one destination.

    A trip length is lognormal while the number of destinations at a distance grows with it, so the weight of one
    destination is the density of the length divided by the distance, here to the power `exponent`; the usual form is
    in Ortuzar and Willumsen, "Modelling Transport", chapter 5 (combined and empirical deterrence functions).

    Parameters
    ----------
    km : ndarray of float64
        Road distance; 0 or infinite where there is no trip.
    mu, sigma : float
        Of ln km.
    exponent : float
        Power of the division, 1 on an even plain.

    Returns
    -------
    ndarray of float64, shape of `km`
        0 where there is no trip.
    """
    open_pair = np.isfinite(km) & (km > 0.0)
    log_km = np.log(np.where(open_pair, km, 1.0))
    log_weight = -0.5 * ((log_km - mu) / sigma) ** 2 - (1.0 + exponent) * log_km
    log_weight -= np.max(log_weight[open_pair], initial=-np.inf)
    return np.where(open_pair, np.exp(np.maximum(log_weight, -600.0)), 0.0)


def rows(attraction: F64, deterrence: F64) -> F64:
    """Return the destination shares of each origin.

    Parameters
    ----------
    attraction : ndarray of float64, shape (n_zones,)
        Pull of each destination.
    deterrence : ndarray of float64, shape (n_zones, n_zones)
        [origin, destination]; the diagonal is not used.

    Returns
    -------
    ndarray of float64, shape (n_zones, n_zones)
        [origin, destination], each row sums to one, nothing on the diagonal.

    Raises
    ------
    DataError
        If an origin has no destination at all.
    """
    weight = deterrence * attraction[None, :]
    np.fill_diagonal(weight, 0.0)
    total = weight.sum(axis=1, keepdims=True)
    if np.any(total <= 0.0):
        lonely = np.flatnonzero(total[:, 0] <= 0.0)
        raise DataError(f"trips: zones {lonely[:10].tolist()} reach no other zone; the road graph must join them")
    shares: F64 = weight / total
    return shares


def mean_km(shares: F64, origins: F64, km: F64) -> float:
    """Return the mean length of trips that start in proportion to `origins`."""
    length = np.sum(shares * np.where(shares > 0.0, km, 0.0), axis=1)
    return float(np.sum(origins * length) / np.sum(origins))


def fit_exponent(attraction: F64, origins: F64, km: F64, mu: float, sigma: float, wanted_km: float) -> float:
    """Find the exponent of the deterrence at which trips between zones have the wanted mean length.

    Trips are measured between the centres of zones, which lie further apart than the places people go to; the exponent
    takes that back, so that vehicle kilometres are right.

    Parameters
    ----------
    attraction, origins : ndarray of float64, shape (n_zones,)
        Pull of destinations, weight of origins.
    km : ndarray of float64, shape (n_zones, n_zones)
        [origin, destination] road distance.
    mu, sigma : float
        Of the lognormal trip length, ln km.
    wanted_km : float
        Mean length of the trips that leave a zone.

    Returns
    -------
    float
        The exponent, at its bound where the network cannot give that mean.
    """

    def miss(exponent: float) -> float:
        shares = rows(attraction, lognormal_deterrence(km, mu, sigma, exponent))
        return mean_km(shares, origins, km) - wanted_km

    if miss(STEEPEST) >= 0.0:
        return STEEPEST
    if miss(-STEEPEST) <= 0.0:
        return -STEEPEST
    return float(brentq(miss, -STEEPEST, STEEPEST, xtol=1e-6))


def alias_tables(shares: F64) -> tuple[F32, I16]:
    """Return Walker's alias tables of many rows at once.

    A row is drawn with two uniforms: column ``k = floor(u1 * n)``; keep k if ``u2 < cut[k]``, else take ``other[k]``.
    Built by sweeping light columns in rising order against heavy ones (Hübschle-Schneider and Sanders, "Parallel
    weighted random sampling", 2019), all rows in step.

    Parameters
    ----------
    shares : ndarray of float64, shape (n_rows, n)
        Each row sums to one.

    Returns
    -------
    cut : ndarray of float32, shape (n_rows, n)
    other : ndarray of int16, shape (n_rows, n)
        A column of share 0 has cut 0 and is nobody's other.
    """
    n_rows, n = shares.shape
    scaled = shares * (n / shares.sum(axis=1, keepdims=True))
    order = np.argsort(scaled, axis=1, kind="stable")
    line = np.arange(n_rows)
    n_light = np.sum(scaled <= 1.0, axis=1)
    n_light = np.minimum(n_light, n - 1)
    light, heavy = np.zeros(n_rows, np.int64), n_light.copy()
    cut = np.ones((n_rows, n))
    other = np.tile(np.arange(n), (n_rows, 1))
    left = scaled[line, order[line, heavy]]
    for _ in range(n):
        i, j = order[line, np.minimum(light, n - 1)], order[line, heavy]
        filling = (light < n_light) & ((left > 1.0) | (heavy == n - 1))
        handing = ~filling & (left <= 1.0) & (heavy < n - 1)
        at, col = line[filling], i[filling]
        cut[at, col], other[at, col] = np.minimum(scaled[at, col], 1.0), j[filling]
        left[filling] += scaled[at, col] - 1.0
        light[filling] += 1
        at, col, heir = line[handing], j[handing], order[line[handing], heavy[handing] + 1]
        cut[at, col], other[at, col] = left[handing], heir
        left[handing] += scaled[at, heir] - 1.0
        heavy[handing] += 1
    return np.clip(cut, 0.0, 1.0).astype(np.float32), other.astype(np.int16)


def implied_shares(cut: F32, other: I16) -> F64:
    """Return the shares that alias tables draw, the inverse of `alias_tables`."""
    n_rows, n = cut.shape
    shares: F64 = cut.astype(np.float64) / n
    line = np.repeat(np.arange(n_rows), n)
    np.add.at(shares, (line, other.ravel().astype(np.int64)), ((1.0 - cut.astype(np.float64)) / n).ravel())
    return shares
