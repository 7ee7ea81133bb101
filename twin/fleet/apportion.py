"""Whole vehicles out of shares: the largest-remainder rule."""

from __future__ import annotations

import numpy as np

from twin.errors import DataError
from twin.tables.columns import F64, I64


def largest_remainder(weights: F64 | I64, total: int) -> I64:
    """Split `total` whole things in proportion to `weights`, exactly.

    Each row gets the floor of its share; what is left goes to the largest remainders, ties by index (Hamilton's rule).

    Parameters
    ----------
    weights : ndarray of float64, any shape
        Not negative, at least one above 0 unless `total` is 0.
    total : int
        What is split, not negative.

    Returns
    -------
    ndarray of int64, shape of `weights`
        Sums to `total`; rows of weight 0 get nothing.

    Raises
    ------
    DataError
        If there is something to split and nobody to have it.
    """
    flat = np.asarray(weights, np.float64).ravel()
    if total == 0:
        return np.zeros(np.shape(weights), np.int64)
    if not (np.all(np.isfinite(flat)) and np.all(flat >= 0.0) and flat.sum() > 0.0):
        raise DataError(f"apportion: {total} to split, but the weights are not finite, not negative and partly above 0")
    share = flat / flat.sum() * total
    whole = np.floor(share).astype(np.int64)
    left = total - int(whole.sum())
    order = np.lexsort((np.arange(flat.size), -(share - whole) * (flat > 0.0)))
    order = order[flat[order] > 0.0]
    whole += left // order.size
    whole[order[: left % order.size]] += 1
    return np.asarray(whole.reshape(np.shape(weights)))
