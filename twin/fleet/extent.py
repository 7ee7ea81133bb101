"""How far a zone reaches, and which share of trips of a given length leaves it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import lognorm

from twin.fleet import figures
from twin.tables.columns import F64

if TYPE_CHECKING:
    from twin.network.regions import Regions

EARTH_KM = 6371.0088
DETOUR = 1.3
"""Road distance against the great circle; from memory, unverified, medium confidence (1.2 to 1.4 for regional
trips)."""
DISC_MEAN = 128.0 / (45.0 * np.pi)
"""Mean distance of two points in a disc of radius one."""
N_LENGTHS = 512
"""Slices of the trip-length distribution."""


MEAN_ACCESS_KM = 15.0
"""Way between a home and the road graph, at each end of a trip; derived: people's mean on the backbone."""


class Lengths(NamedTuple):
    """Lognormal trip length of expressway trips: mean and deviation of ln km."""

    mu: float
    sigma: float


class Leaving(NamedTuple):
    """What the lengths of all expressway trips say about those between zones.

    Attributes
    ----------
    share : ndarray of float64, shape (n_zones,)
        Share of a zone's trips that leave it.
    mean_km : ndarray of float64, shape (n_zones,)
        Their mean length.
    """

    share: F64
    mean_km: F64


def trip_lengths(name: str) -> Lengths:
    """Return the lognormal trip length of ``travel.csv``; `name` is ``"day_trip"`` or ``"journey"``."""
    section = "long_distance"
    return Lengths(figures.travel(section, f"lognormal_mu_{name}"), figures.travel(section, f"lognormal_sigma_{name}"))


def stretched(lengths: Lengths, factor: float) -> Lengths:
    """Return lengths that are longer by a factor, all alike."""
    return Lengths(lengths.mu + float(np.log(factor)), lengths.sigma)


def great_circle_km(lon: F64, lat: F64) -> F64:
    """Return the great-circle distance of every pair of points, shape (n, n)."""
    lam, phi = np.radians(lon), np.radians(lat)
    cos = np.cos(phi)
    half = (
        np.sin((phi[:, None] - phi[None]) / 2) ** 2 + cos[:, None] * cos[None] * np.sin((lam[:, None] - lam[None]) / 2) ** 2
    )
    km: F64 = 2.0 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return km


def zone_radius_km(regions: Regions) -> F64:
    """Return the radius of the disc in which people live as far apart as in the zone, shape (n_zones,).

    The mean distance of two inhabitants is taken over the zone's counties; within a county it is that of a disc with
    the province's mean county area. Empty land between towns therefore counts only as far as people live on both sides.
    """
    area = figures.province(regions, "area") / figures.province(regions, "n_counties")
    zone_of, people = np.asarray(regions.county_zone), np.asarray(regions.county_population, np.float64)
    own = DISC_MEAN * np.sqrt(area / np.pi)
    radius = np.zeros(len(regions.zone_province))
    for zone in range(radius.size):
        rows = np.flatnonzero(zone_of == zone)
        apart = great_circle_km(np.asarray(regions.county_lon)[rows], np.asarray(regions.county_lat)[rows])
        np.fill_diagonal(apart, own[regions.zone_province[zone]])
        weight = people[rows] / people[rows].sum()
        radius[zone] = weight @ apart @ weight / DISC_MEAN
    return radius


def leaving_probability(length_km: F64, radius_km: F64) -> F64:
    """Return the chance that a trip that starts anywhere in a disc ends outside it.

    The part of the disc from which a trip of crow-fly length d in a random direction stays inside is the overlap of two
    discs d apart, ``(2 / pi) (acos x - x sqrt(1 - x**2))`` with ``x = d / 2R``.

    Parameters
    ----------
    length_km : ndarray of float64, shape (n_lengths,)
        Road length of the trip.
    radius_km : ndarray of float64, shape (n_zones,)
        Radius of the zone.

    Returns
    -------
    ndarray of float64, shape (n_zones, n_lengths)
    """
    x = np.clip(length_km[None, :] / DETOUR / (2.0 * radius_km[:, None]), 0.0, 1.0)
    out: F64 = 1.0 - (2.0 / np.pi) * (np.arccos(x) - x * np.sqrt(1.0 - x * x))
    return out


def leaving(lengths: Lengths, radius_km: F64) -> Leaving:
    """Return which share of each zone's expressway trips leaves it, and how long those are."""
    middle = (np.arange(N_LENGTHS) + 0.5) / N_LENGTHS
    km = lognorm.ppf(middle, lengths.sigma, scale=np.exp(lengths.mu))
    out = leaving_probability(km, radius_km)
    share = out.mean(axis=1)
    return Leaving(share, (out * km[None]).mean(axis=1) / share)
