"""What stands beside the roads: stations, their limits and their prices."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from twin.config.base import PositiveShare, ProvinceCode, ProvinceFactor, Section

ServiceFee = Annotated[float, Field(ge=0.0, le=5.0)]


class Stations(Section):
    """Public charging stations: how many, how strong and at what fee."""

    source: str = Field(
        "stock",
        min_length=1,
        description="where the stations come from: 'stock' shares the stock of charging facilities out; else the path of a "
        "station list, as `twin stations import` writes it; a relative path starts at the folder of the file that sets it",
    )
    stock: str = Field(
        "2027-12",
        pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$",
        description="month at whose end the stock of charging facilities is taken: one of the charger-stock seed, or any "
        "from August 2024 to the last of those, by the totals published (year-month)",
    )
    province_factors: dict[ProvinceCode, ProvinceFactor] = Field(
        {}, description="public EVSEs of a province as a multiple of the stock, by province code, e.g. {GD: 1.2} (-)"
    )
    site_limit_share: PositiveShare = Field(
        0.6,
        description="power a site's transformer gives, as a share of the summed rated power of its EVSEs (-); "
        "derived: 800 kVA at power factor 0.95 behind 14 EVSEs of 90 kW; confidence low",
    )
    module_efficiency: Annotated[float, Field(gt=0.5, le=1.0)] = Field(
        0.955,
        description="energy into the battery per energy from the grid (-); from memory, unverified (0.95-0.97); "
        "confidence medium",
    )
    carmaker_admitted_share: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        1.0,
        description="share of vehicles that a carmaker's own network admits, drawn for each network by itself (-): 1 open "
        "to every make, as notice 632 asks; about 0.03 closed to all but its own; between them partly open; from memory, "
        "unverified; confidence low",
    )
    service_fee_cny_per_kwh: ServiceFee = Field(
        0.45,
        description="national level of the service fee at public stations, on top of the energy price; provinces "
        "differ around it as in the service-fee seed (CNY/kWh); from memory, unverified (0.3-0.6); confidence low",
    )
    service_area_fee_cny_per_kwh: ServiceFee = Field(
        0.70,
        description="national level of the service fee at expressway service areas (CNY/kWh); from memory, unverified; "
        "confidence low",
    )
