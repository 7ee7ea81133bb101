"""A sample of the fleet keeps a sample of the stations, layer by layer and in their sizes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.test_stations import HIGHWAY, by_station, inventory, network
from twin.tables.inputs import LAYERS


@pytest.mark.parametrize("sample", [0.5, 0.1, 0.01])
def test_a_sample_keeps_the_share_of_every_layer_and_the_sizes_of_its_stations(sample):
    whole, part = inventory(), inventory(sample=sample)
    layer_of = [inv.stations.layer[inv.pools.station] for inv in (whole, part)]
    for layer in range(len(LAYERS)):
        n_whole = whole.pools.n_evse[layer_of[0] == layer].sum()
        n_part = part.pools.n_evse[layer_of[1] == layer].sum()
        assert n_part >= sample * n_whole - (20 if layer == HIGHWAY else 0)
        if sample >= 0.1:
            assert n_part <= sample * n_whole * 1.01
    sizes = [by_station(inv, inv.pools.n_evse)[inv.stations.layer != HIGHWAY] for inv in (whole, part)]
    assert abs(sizes[1].mean() / sizes[0].mean() - 1) < 0.1 / np.sqrt(sample * 1000)
    places = [
        set(zip(inv.stations.lon[rows], inv.stations.lat[rows], size, strict=True))
        for inv, size in zip((whole, part), sizes, strict=True)
        for rows in [inv.stations.layer != HIGHWAY]
    ]
    assert places[1] <= places[0]


def test_a_sample_keeps_every_third_service_area_at_least():
    part = inventory(sample=0.01)
    n_kept = (part.side >= 0).sum()
    assert network().n_sites / 3 - 2 <= n_kept <= 1.01 * network().n_sites / 3 + 2
    assert (inventory(sample=0.5).side >= 0).sum() >= network().n_sites / 2
