"""The numbers that drivers, plugs and windows live by, as kernels take them."""

from typing import NamedTuple


class Rules(NamedTuple):
    """Behaviour and constants as kernels read them: one number each, from the config's behaviour, grid and period."""

    seed: int
    window_s: int
    trigger_mean_soc: float
    trigger_sd_soc: float
    reserve_soc: float
    fast_target_soc: float
    home_target_soc: float
    home_plug_soc: float
    top_up_soc: float
    prepared_share: float
    informed_share: float
    trip_target_soc: float
    slow_share: float
    hybrid_public_share: float
    orderly_share: float
    depot_orderly_share: float
    price_response_share: float
    v2g_reserve_soc: float
    v2g_answer_share: float
    patience_s: float
    busy_session_cap_s: int
    overstay_s: float
    exit_share: float
    value_of_time_cny_per_s: float
    taste_cny: float
    n_considered: int
    n_tries: int
    town_speed_m_per_s: float
    truck_speed_kmh: float
    depot_power_w: int
    rest_after_s: int
    rest_s: int
    rescue_s: int
    rescue_soc: float
    admitted_share: float
    reservation_share: float
    reservation_grace_s: int
    stop_acceptance: float
    swap_s: int
    swap_soc: float
    reroute_every_s: int
    navigation_share: float
