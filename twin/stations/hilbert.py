"""Places in a row: neighbours on the curve are neighbours on the map."""

from __future__ import annotations

import numpy as np

from twin.tables.columns import F64, I64

__all__ = ["hilbert_index"]

N_BITS = 16
WEST_DEG, SOUTH_DEG, SIDE_DEG = 73.0, 3.0, 64.0


def hilbert_index(lon: F64, lat: F64) -> I64:
    """Position of each point along a Hilbert curve over China.

    Parameters
    ----------
    lon, lat : ndarray, shape (n,)
        Degrees; points outside 73-137 E, 3-67 N are taken to the edge.

    Returns
    -------
    ndarray of int64, shape (n,)
        Position on a curve of 2**16 x 2**16 cells of about 0.001 degrees (Hilbert 1891; the walk by quadrants is the
        one of Warren, Hacker's Delight, chapter 16).
    """
    side = 1 << N_BITS
    x = np.clip((lon - WEST_DEG) / SIDE_DEG * side, 0, side - 1).astype(np.int64)
    y = np.clip((lat - SOUTH_DEG) / SIDE_DEG * side, 0, side - 1).astype(np.int64)
    index = np.zeros(len(x), np.int64)
    half = side >> 1
    while half:
        right, upper = (x & half) > 0, (y & half) > 0
        index += half * half * ((3 * right) ^ upper)
        flip = right & ~upper
        x, y = np.where(flip, side - 1 - x, x), np.where(flip, side - 1 - y, y)
        x, y = np.where(upper, x, y), np.where(upper, y, x)
        half >>= 1
    return index
