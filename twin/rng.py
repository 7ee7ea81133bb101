"""Luck: every draw is a pure function of what it is for.

The generator is Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
A draw has an address (seed, stream, entity, period, draw) instead of a place in a sequence, so neither the number of
workers nor the order of work can change it, and two scenarios with one seed share every draw that means the same thing.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from twin.kernels import kernel

__all__ = ["Stream", "philox", "uniform", "uniform4", "uniforms", "uniforms4", "uniforms_of"]


class Stream(IntEnum):
    """What a draw is for. Numbers are never used again for another meaning."""

    FLEET_CLASS = 1
    """Which class a vehicle is of. Entity: vehicle."""
    FLEET_HOME = 2
    """Where a vehicle lives and whether it can charge there. Entity: vehicle."""
    FLEET_SOC = 3
    """State of charge at the start of a run. Entity: vehicle."""
    STATION_PLACE = 4
    """Where in its county a station stands. Entity: station."""
    STATION_SIZE = 5
    """How many EVSEs a station has. Entity: station."""
    DAY_PLAN = 6
    """A vehicle's plans for a day. Entity: vehicle, period: day."""
    HABIT = 7
    """What stays the same for a driver: neighbourhood, patience, thresholds. Entity: vehicle."""
    STOP = 8
    """A choice among charging stops. Entity: vehicle, period: window."""
    SAMPLE = 9
    """Which vehicles' sessions are written. Entity: vehicle."""
    DESTINATION = 10
    """Where in its destination zone a trip ends. Entity: vehicle, period: day."""
    TOWN = 11
    """Which pool a driver would find in a town on the way. Entity: vehicle, period: node."""
    NETWORK = 12
    """Whether a carmaker's network admits a vehicle. Entity: vehicle, period: network."""
    SWAP = 13
    """Whether a vehicle's battery can be changed at a swap station. Entity: vehicle."""
    OUTAGE = 14
    """When an EVSE fails and how long its repair takes. Entity: EVSE, period: number of the outage."""
    INCIDENT = 15
    """When an incident closes a station and for how long. Entity: station, period: number of the incident."""
    TOUR = 17
    """A car's day of trips in a city. Entity: vehicle, period: day."""
    WORKPLACE = 18
    """Whether and where a car's driver works in a city. Entity: vehicle."""
    ROUND = 19
    """Where a taxi or van of a city drives next. Entity: vehicle, period: 1024 * day + trip."""
    MEANS = 20
    """Whether a trip is made with this vehicle, stops and all. Entity: vehicle, period: day."""
    PLANT = 40
    """Whether a station has photovoltaics and storage. Entity: station."""
    SKY = 41
    """How cloudy a day is. Entity: province, period: date as an ordinal."""
    PLUG_SLOT = 43
    """When within its stay a private plug that charges orderly begins. Entity: vehicle, period: day."""
    BIDIRECTIONAL = 42
    """Whether a private plug can give to the grid, and for what payment its owner does. Entity: vehicle."""
    WORK_PLUG = 44
    """Whether a car without a plug at home has one at work. Entity: vehicle."""
    PUBLIC_V2G = 45
    """Whether a slow plug at a public station can give to the grid. Entity: EVSE."""
    VINTAGE = 60
    """When a site was commissioned. Entity: number of the site."""
    OVERSTAY = 61
    """How long a vehicle stays plugged in beyond its charge. Entity: vehicle, period: second of plugging in."""
    UNCERTAIN_INPUT = 25
    """Value of an input known to be weak. Entity: 1000 x row of the input + 1 + province (0: nation), period: replicate."""


_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_SCALE = 2.0**-32


@kernel
def philox(c0, c1, c2, c3, k0, k1):
    """Return the four 32-bit words of one Philox 4x32-10 block.

    Parameters
    ----------
    c0, c1, c2, c3, k0, k1 : uint64
        Counter and key words, each below 2**32.
    """
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0 = (p1 >> _32) ^ c1 ^ k0
        c1 = p1 & _LOW
        c2 = (p0 >> _32) ^ c3 ^ k1
        c3 = p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@kernel
def uniform4(seed, stream, entity, period, block):
    """Return draws ``4 * block .. 4 * block + 3`` of an address, each in [0, 1) with a resolution of 2**-32."""
    seed_u, entity_u = np.uint64(seed), np.uint64(entity)
    a, b, c, d = philox(
        entity_u & _LOW,
        entity_u >> _32,
        np.uint64(period) & _LOW,
        (np.uint64(stream) << np.uint64(16)) | np.uint64(block),
        seed_u & _LOW,
        seed_u >> _32,
    )
    # Words stay below 2**32, so the detour through int64 is exact; uint64 to float64 costs three times as much.
    return np.int64(a) * _SCALE, np.int64(b) * _SCALE, np.int64(c) * _SCALE, np.int64(d) * _SCALE


@kernel
def uniform(seed, stream, entity, period, draw):
    """Return one draw in [0, 1).

    Parameters
    ----------
    seed : int
        Seed of the run, 0 .. 2**63 - 1.
    stream : Stream
        What the draw is for.
    entity : int
        Stable id of whom it is for.
    period : int
        Day or window, 0 where there is none.
    draw : int
        Number of the draw within that address, below 2**18.
    """
    a, b, c, d = uniform4(seed, stream, entity, period, draw >> 2)
    word = draw & 3
    if word == 0:
        return a
    if word == 1:
        return b
    return c if word == 2 else d


@kernel
def _fill(out, seed, stream, first_entity, period, draw):
    """Reads: nothing. Writes: out."""
    for row in range(out.shape[0]):
        out[row] = uniform(seed, stream, first_entity + row, period, draw)


@kernel
def _fill4(out, seed, stream, entities, period, block):
    """Reads: entities. Writes: out."""
    for row in range(out.shape[0]):
        out[row, 0], out[row, 1], out[row, 2], out[row, 3] = uniform4(seed, stream, entities[row], period, block)


def uniforms4(seed: int, stream: Stream, entities: NDArray[np.int64], period: int, block: int) -> NDArray[np.float64]:
    """Return draws ``4 * block .. 4 * block + 3`` of each entity, shape (n, 4), the same that `uniform4` gives."""
    out = np.empty((len(entities), 4), np.float64)
    _fill4(out, seed, int(stream), np.asarray(entities, np.int64), period, block)
    return out


def uniforms(seed: int, stream: Stream, first_entity: int, n: int, period: int = 0, draw: int = 0) -> NDArray[np.float64]:
    """Return one draw for each of `n` entities in a row, the same that `uniform` gives one by one."""
    out = np.empty(n, np.float64)
    _fill(out, seed, int(stream), first_entity, period, draw)
    return out


@kernel
def _fill_of(out, seed, stream, entities, period, draw):
    """Reads: entities. Writes: out."""
    for row in range(out.shape[0]):
        out[row] = uniform(seed, stream, entities[row], period, draw)


def uniforms_of(
    seed: int, stream: Stream, entities: NDArray[np.int64], period: int = 0, draw: int = 0
) -> NDArray[np.float64]:
    """Return one draw for each of some entities, the same that `uniform` gives one by one."""
    out = np.empty(len(entities), np.float64)
    _fill_of(out, seed, int(stream), entities, period, draw)
    return out
