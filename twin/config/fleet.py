"""Who drives: the fleet and how much of it is simulated."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from twin.config.base import Factor, PositiveShare, ProvinceCode, ProvinceFactor, Section, Share

FleetYear = Annotated[str, Field(pattern=r"^(20(23|24|25|26|27)|20(24|25|26|27)-(0[1-9]|1[0-2])|2027-low|2027-stress)$")]


def _year_to_text(value: object) -> object:
    """Let a year be written without quotation marks."""
    return str(value) if type(value) is int else value


class Fleet(Section):
    """The electric vehicles of the country at one time."""

    year: Annotated[FleetYear, BeforeValidator(_year_to_text)] = Field(
        "2027",
        description="fleet at the end of a year of the vehicle-stock seed, or of a month between two of them (year-month); "
        "'2027-low' grows more slowly, '2027-stress' is the 80 M that the plan must be able to serve",
    )
    n_vehicles: int | None = Field(
        None, ge=1, le=500_000_000, description="cars, vans and taxis in place of the seed's figure (vehicles)"
    )
    n_heavy_trucks: int | None = Field(
        None, ge=0, le=20_000_000, description="electric heavy trucks in place of the seed's figure (vehicles)"
    )
    sample: PositiveShare = Field(
        1.0,
        description="share of the fleet that is simulated; supply is thinned with it, but small samples wait less (-)",
    )
    home_access_factor: Factor = Field(
        1.0, description="share of private cars that charge at home, as a multiple of the seed's share (-)"
    )
    work_access_share: Share = Field(
        0.0,
        description="share of private cars without a plug at home that have one at work (-); 0 as in the "
        "days that the fit is made to; the plan's 1.3 M EVSEs at work (seeds/private_stock.csv) are one for 0.04 of them",
    )
    province_factors: dict[ProvinceCode, ProvinceFactor] = Field(
        {},
        description="vehicles of a province as a multiple of its part of the fleet, by province code, e.g. {GD: 1.2}; the "
        "nation's fleet stays as large (-)",
    )
    consumption_factor: Annotated[float, Field(gt=0.0, le=10.0)] = Field(
        1.0, description="what vehicles consume, in town and on the road, as a multiple of the vehicle-class seed (-)"
    )
