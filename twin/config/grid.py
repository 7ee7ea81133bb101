"""What the grid asks of the plugs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twin.config.base import Section, Share


class Grid(Section):
    """Tariffs, orderly charging and power from vehicles."""

    price: Literal["administered", "flat", "market"] = Field(
        "administered",
        description="energy price: 'administered' by the provincial time-of-use periods, 'flat' the mean of the day, "
        "'market' a curve that follows the load left to thermal power",
    )
    tariffs: str = Field(
        "seeds",
        min_length=1,
        description="time-of-use periods: 'seeds', or the path of a CSV file with the columns of seeds/tariffs.csv; a "
        "relative path starts at the folder of the file that sets it",
    )
    dynamic_price_step_cny_per_kwh: Annotated[float, Field(ge=0.0, le=2.0)] = Field(
        0.0,
        description="what operators add to the price of a station that was busy yesterday, and take off that of an idle one "
        "(CNY/kWh); 0: fees stay as they are",
    )
    price_response_share: Share = Field(
        0.3,
        description="share of drivers who move a public charge in town to a cheaper hour near by, and of home chargers not "
        "in orderly charging whose timer waits for cheap hours (-); from memory, unverified; confidence low",
    )
    price_shift_h: int = Field(
        3,
        ge=0,
        le=23,
        description="hours by which they move it at most, within the day (h); from memory, unverified; confidence low",
    )
    orderly_share: Share = Field(
        0.3,
        description="share of home plugs in orderly charging, which spreads over the cheap hours as the grid operator plans "
        "(-); from memory, unverified; confidence low; the 2025 pilot target for private EVSEs is 0.8 of their energy in "
        "valley hours",
    )
    depot_orderly_share: Share = Field(
        0.5, description="the same of depot plugs (-); from memory, unverified; confidence low"
    )
    work_orderly_share: Share = Field(
        0.5,
        description="the same of plugs at work, within the hours of the day (-); from memory, unverified; confidence low",
    )
    zone_cap_share: Annotated[float, Field(gt=0.0, le=2.0)] = Field(
        1.0,
        description="load with vehicles up to which orderly charging fills a zone, as a share of its annual peak without "
        "vehicles (-)",
    )
    n_v2g_plugs: int = Field(
        6000,
        ge=0,
        le=100_000_000,
        description="private plugs of the whole nation that can give to the grid (EVSEs); notice 1250 asks for more than "
        "5,000 new ones by 2027; about 1,000 before are from memory, unverified; confidence medium",
    )
    n_v2g_public_plugs: int = Field(
        0,
        ge=0,
        le=100_000_000,
        description="slow plugs at public stations of the nation that can give to the grid (EVSEs); no table tells how "
        "many of the plan's bidirectional ones stand there",
    )
    v2g_area: Literal["pilots", "nation"] = Field(
        "pilots",
        description="where these plugs stand: in the 'pilots' (cities of the first batch, 2025-04) or all over the 'nation'",
    )
    v2g_depot_share: Share = Field(
        0.5, description="share of these plugs that stands at depots, the others at homes (-); from memory, unverified"
    )
    v2g_reserve_soc: Share = Field(
        0.4, description="state of charge below which no vehicle gives to the grid (0..1); from memory, unverified"
    )
    v2g_payment_cny_per_kwh: Annotated[float, Field(ge=0.0, le=20.0)] = Field(
        2.0,
        description="payment for energy given to the grid in a call (CNY/kWh); provinces pay 1 to 5 for demand response; "
        "from memory, unverified; confidence low",
    )
    v2g_asking_cny_per_kwh: Annotated[float, Field(gt=0.0, le=20.0)] = Field(
        4.0,
        description="payment for which every owner answers a call (CNY/kWh); what owners ask is spread evenly from 0 to it; "
        "from memory, unverified; confidence low",
    )
    v2g_call_share: Annotated[float, Field(ge=0.0, le=2.0)] = Field(
        0.75,
        description="load forecast for a province, as a share of its annual peak, from which its grid operator calls for "
        "power from vehicles (-); our own choice",
    )
    hosting_storage_h: Annotated[float, Field(ge=0.0, le=24.0)] = Field(
        0.34,
        description="storage that further charging brings with it where the hosting capacity with storage is asked for (kWh "
        "per kW); derived: two cabinets of 215 kWh behind 14 EVSEs of 90 kW; confidence low",
    )
    v2g_event_s: int = Field(7200, ge=900, le=43_200, description="length of a call around the peak (s); our own choice")
