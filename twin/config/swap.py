"""Swap stations: where a vehicle leaves its empty battery and takes a charged one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from twin.config.base import Section


class Swap(Section):
    """Battery swapping of heavy trucks: how many stations, what stands in one, and how a swap goes."""

    station_factor: Annotated[float, Field(ge=0.0, le=100.0)] = Field(
        1.0,
        description="swap stations as a multiple of the stock of the swap-stock seed for the month of stations.stock (-); "
        "0 leaves them out",
    )
    batteries_per_bay: Annotated[int, Field(ge=1, le=200)] = Field(
        8,
        description="spare batteries on the rack for each bay; derived: 24 blocks of 171 kWh in a station, three to a "
        "tractor of 513 kWh; analyst model text, 2025; confidence low",
    )
    slot_power_kw: Annotated[float, Field(ge=60.0, le=3000.0)] = Field(
        562.5,
        description="power with which a battery on the rack is charged (kW); derived: 4,500 kW of a station over 8 "
        "batteries of three blocks; analyst model text, 2025; confidence low",
    )
    swap_s: Annotated[int, Field(ge=30, le=3600)] = Field(
        300,
        description="time that a vehicle takes a bay for (s); Xinhua on CATL's heavy-truck swap network plan, 2025-05; "
        "confidence medium",
    )
    given_soc: Annotated[float, Field(ge=0.5, le=1.0)] = Field(
        0.95, description="state of charge of the battery given (0..1); from memory, unverified; confidence low"
    )
    fee_cny_per_kwh: Annotated[float, Field(ge=0.0, le=5.0)] = Field(
        0.60,
        description="national level of the service fee of a swap, for each kWh gained, on top of the energy price "
        "(CNY/kWh); provinces differ around it as at truck hubs; from memory, unverified (0.5-0.8); confidence low",
    )
