"""Two towns in which vehicles at slow public plugs are called to give to the grid."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.nation import small_given
from twin.engine.world import Given

H = 3600
FROM_S, UNTIL_S = 12 * H + 100, 13 * H + 50


def town(share: float = 0.9, limit_w: int | None = None, **rules: Any) -> Given:
    """Two towns whose drivers all look for slow plugs from the morning on, and a call for power at noon."""
    wanted = {"v2g_answer_share": 0.8, "v2g_reserve_soc": 0.2} | rules
    nation = small_given(
        n_vehicles=150, n_zones=2, n_days=1, n_evse=3, soc=0.6, p_leave=0.0, slow_share=1.0, trigger_mean_soc=0.8,
        trigger_sd_soc=0.1, **wanted,
    )  # fmt: skip
    called = nation.guidance._replace(event_from_s=np.full(2, FROM_S, np.int32), event_until_s=np.full(2, UNTIL_S, np.int32))
    if limit_w is not None:
        nation.stations.site_limit_w[:] = limit_w
    return nation._replace(guidance=called, public_v2g_share=np.full(2, share))
