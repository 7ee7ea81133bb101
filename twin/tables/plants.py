"""Photovoltaics and storage at stations: what a run is given, what it remembers of them, and what it counts."""

from typing import NamedTuple

import numpy as np

from twin.tables.columns import F64, I32, I64, Annotated, Field, empty

DISPATCHES = ("none", "peak_shaving", "tariff")
"""Rules by which storage at stations fills and empties."""


class Plants(NamedTuple):
    """Photovoltaics and storage at the stations that have either, sorted by station; a row's index is its id.

    Powers and energies are those of the direct-current side, where vehicles are charged.
    """

    station: Annotated[I32, Field("-", "station")]
    pv_w: Annotated[I64, Field("W", "peak power of the photovoltaics")]
    storage_w: Annotated[I64, Field("W", "most that the storage takes or gives")]
    capacity_ws: Annotated[I64, Field("Ws", "energy that a full storage gives")]
    stored_ws: Annotated[I64, Field("Ws", "of which it has at the beginning")]


class Behind(NamedTuple):
    """What stands behind the transformers of stations: plants, the sun on them, and how storage is run."""

    plants: Plants
    pv_ppm: Annotated[I32, Field("1e-6", "[province, window] power of photovoltaics, of their peak power")]
    price: Annotated[F64, Field("CNY/kWh", "[province, hour of day] what a station pays for energy")]
    dispatch: int
    round_trip_ppm: int
    is_feed_in: int


NO_PLANTS = Behind(empty(Plants, 0), np.zeros((0, 0), np.int32), np.zeros((0, 24)), 0, 1_000_000, 0)
"""Stations have transformers only."""

PLANT_KINDS = ("pv", "storage")
"""Rows of the energy that plants give by zone and quarter hour."""


class PlantState(NamedTuple):
    """What photovoltaics and storage of a station do, one row a plant. Between two settlements all powers are constant."""

    since_s: Annotated[I32, Field("s", "second up to which everything is settled")]
    n_over: Annotated[I32, Field("-", "stretches in which the grid gave more than the transformer lets through")]
    taken_ws: Annotated[I64, Field("Ws", "energy into batteries of vehicles up to since_s")]
    stored_ws: Annotated[I64, Field("Ws", "energy that the storage can give")]
    least_ws: Annotated[I64, Field("Ws", "least that it held")]
    most_ws: Annotated[I64, Field("Ws", "most that it held")]
    pv_w: Annotated[I64, Field("W", "photovoltaics in this window")]
    give_w: Annotated[I64, Field("W", "most that the storage gives")]
    fill_w: Annotated[I64, Field("W", "what it takes")]
    top_w: Annotated[I64, Field("W", "it gives what vehicles take beyond photovoltaics and so much from the grid")]
    keep_ws: Annotated[I64, Field("Ws", "what it keeps back then, unless the transformer binds")]
    fill_top_w: Annotated[I64, Field("W", "it fills as long as the grid gives no more than this")]
    fill_to_ws: Annotated[I64, Field("Ws", "and as long as it holds less than this")]
    window_grid_ws: Annotated[I64, Field("Ws", "of the running window: from the grid")]
    window_taken_ws: Annotated[I64, Field("Ws", "of the running window: into batteries of vehicles")]
    day_taken_ws: Annotated[I64, Field("Ws", "into batteries of vehicles in the quarter hours of today that have ended")]
    past_taken_ws: Annotated[I64, Field("Ws", "the same of yesterday, up to the same time")]
    gone_ws: Annotated[I64, Field("Ws", "the same of yesterday, of the running quarter hour")]
    yesterday_ws: Annotated[I64, Field("Ws", "into batteries of vehicles on the whole of yesterday")]
    trend_pm: Annotated[I64, Field("1e-3", "load expected today against yesterday's")]
    day_peak_w: Annotated[I64, Field("W", "largest mean of a window from the grid since midnight")]
    hour_peak_w: Annotated[I64, Field("W", "the same of the running hour")]
    hour_load_peak_w: Annotated[I64, Field("W", "of the running hour: largest mean of a window into vehicles")]
    hour_pv_ws: Annotated[I64, Field("Ws", "of the running hour: what photovoltaics could give")]
    hour_used_ws: Annotated[I64, Field("Ws", "of the running hour: photovoltaics into vehicles and storage")]
    hour_fed_ws: Annotated[I64, Field("Ws", "of the running hour: photovoltaics into the grid")]
    hour_filled_ws: Annotated[I64, Field("Ws", "of the running hour: into storage")]
    hour_given_ws: Annotated[I64, Field("Ws", "of the running hour: out of storage")]
    hour_lost_ws: Annotated[I64, Field("Ws", "of the running hour: lost in storage")]
    hour_grid_ws: Annotated[I64, Field("Ws", "of the running hour: from the grid")]
    hour_taken_ws: Annotated[I64, Field("Ws", "of the running hour: into batteries of vehicles")]


class PlantTotals(NamedTuple):
    """Sums of a whole run over a station's photovoltaics and storage, one row a plant, on the direct-current side."""

    pv_ws: Annotated[I64, Field("Ws", "what photovoltaics could give")]
    used_ws: Annotated[I64, Field("Ws", "of which into vehicles and storage")]
    fed_ws: Annotated[I64, Field("Ws", "of which into the grid")]
    filled_ws: Annotated[I64, Field("Ws", "into storage")]
    given_ws: Annotated[I64, Field("Ws", "out of storage")]
    lost_ws: Annotated[I64, Field("Ws", "lost in storage")]
    grid_ws: Annotated[I64, Field("Ws", "from the grid")]
    taken_ws: Annotated[I64, Field("Ws", "into batteries of vehicles")]
    peak_w: Annotated[I64, Field("W", "largest mean of a window from the grid")]
    load_peak_w: Annotated[I64, Field("W", "largest mean of a window into batteries of vehicles")]
