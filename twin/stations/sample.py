"""A sampled fleet meets a thinned network: as many EVSEs per vehicle as the whole one."""

from __future__ import annotations

import dataclasses

import numpy as np

from twin.stations.sites import SERVICE, SITE_KINDS, Sites
from twin.tables.columns import I64

__all__ = ["LEAST_SIDES", "thin"]

LEAST_SIDES = 1 / 3
"""Share of service-area sides kept in the smallest sample: one about every 170 km, within the reach of most cars."""


GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0


def thin(sites: Sites, share: float) -> Sites:
    """Keep a share of the sites, so that supply shrinks with demand; waits of small samples still come out shorter.

    Off the expressways whole sites are kept or left, as waits depend on the number of EVSEs in a queue, which must not
    change: of each kind and octave of size every ``1 / share``-th in the order of counties, and as many more as bring
    the kind's EVSEs to their share. Sizes stay spread as they are, and so do the stations over the counties. Of the
    service-area sides every ``1 / share``-th along its line and direction stays while `share` is at least a third;
    below, every third one stays, or trips would strand, and its EVSEs are reduced cell by cell of the stock, one at
    least.

    What the sample cannot keep: distances to the next station grow as ``1 / sqrt(share)`` off the expressways, so
    coverage figures are those of a thinner network; counties without a site of their own use their neighbours'; below
    a third, sides have fewer EVSEs in one queue, so their waits are longer at the same load; and once a side would
    have less than one EVSE (below about 2 %) the expressways have more supply than the sample asks for.

    Parameters
    ----------
    sites : Sites
        All sites, in the order of their ids; `side` ascends along the lines, and the parity of `link` is the direction.
    share : float
        Share of the fleet that is simulated, above 0; 1 keeps everything.

    Returns
    -------
    Sites
        The sites kept, in the same order.
    """
    if share >= 1.0:
        return sites
    size = sites.n_evse.sum(axis=1)
    is_side = sites.kind == SERVICE
    local, sides = np.flatnonzero(~is_side), np.flatnonzero(is_side)
    sides = sides[np.lexsort((sites.side[sides], sites.link[sides] % 2))]
    share_sides = max(share, LEAST_SIDES)
    kept_sides = sides[_every(size[sides], share_sides)]
    kinds = [kind for kind in range(len(SITE_KINDS)) if kind != SERVICE]
    kept_local = np.concatenate([_of_kind(local[sites.kind[local] == kind], size, share) for kind in kinds])
    if share < share_sides:
        sites = _reduce(sites, kept_sides, share / share_sides)
    return sites.take(np.sort(np.concatenate((kept_local, kept_sides))))


def _of_kind(rows: I64, size: I64, share: float) -> I64:
    """Return the rows to keep of one kind: octave of size by octave, so that sizes stay spread as they are."""
    octave = np.floor(np.log2(size[rows]))
    rows = rows[np.argsort(octave, kind="stable")]
    return rows[_every(size[rows], share)]


def _every(size: I64, share: float) -> I64:
    """Return the positions to keep at even steps, and as many more as bring the EVSEs to their share."""
    through = np.floor(np.arange(len(size) + 1) * share + 0.5)
    is_kept = np.diff(through) > 0
    left = np.flatnonzero(~is_kept)
    left = left[np.argsort((np.arange(len(left)) * GOLDEN) % 1.0, kind="stable")]
    missing = share * size.sum() - size[is_kept].sum()
    before = np.cumsum(size[left]) - size[left]
    return np.concatenate((np.flatnonzero(is_kept), left[before < missing]))


def _reduce(sites: Sites, rows: I64, share: float) -> Sites:
    """Reduce the EVSEs of the given sites, cell by cell along the line; each keeps at least one."""
    before = sites.n_evse[rows].astype(np.int64)
    after = np.diff(np.floor(np.cumsum(before, axis=0) * share + 0.5), axis=0, prepend=0).astype(np.int32)
    bare = np.flatnonzero(after.sum(axis=1) == 0)
    after[bare, before[bare].argmax(axis=1)] = 1
    n_evse = sites.n_evse.copy()
    n_evse[rows] = after
    return dataclasses.replace(sites, n_evse=n_evse)
