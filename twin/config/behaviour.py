"""How drivers decide where and how long to charge."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from twin.config.base import Section, Share


class Behaviour(Section):
    """What a driver wants from a charge and how long the driver waits for it."""

    trigger_mean_soc: Share = Field(
        0.25,
        description="state of charge at which a driver looks for a charger, mean (0..1); from memory, unverified; "
        "confidence low",
    )
    trigger_sd_soc: Annotated[float, Field(ge=0.0, le=0.3)] = Field(
        0.10,
        description="standard deviation of that state of charge between drivers (0..1); from memory, unverified; "
        "confidence low",
    )
    reserve_soc: Annotated[float, Field(ge=0.0, le=0.5)] = Field(
        0.10,
        description="state of charge a driver plans to keep on arrival (0..1); from memory, unverified; confidence low",
    )
    fast_target_soc: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        0.8,
        description="state of charge at which a fast charge ends (0..1); advised limit in holiday queues, NenPower "
        "2025-10; confidence high",
    )
    busy_session_cap_s: int = Field(
        1800,
        ge=300,
        le=86_400,
        description="longest session while others queue (s); the '80 % or 30 minutes' rule, NenPower 2025-10; "
        "confidence high",
    )
    overstay_s: Annotated[float, Field(ge=0.0, le=3600.0)] = Field(
        660.0,
        description="mean time that a vehicle stays plugged in beyond its charge: paying, a meal, a driver who comes back "
        "late (s); derived: about 33 min a session at service areas in October 2025 less 22 min that 23.8 kWh take "
        "there at 65 kW; confidence low",
    )
    exit_share: Share = Field(
        0.2,
        description="share of car drivers who leave the expressway to charge in a town while a service area is in reach "
        "(-); derived: share ready to leave rather than to wait more than half an hour; confidence low",
    )
    patience_s: int = Field(
        2700,
        ge=0,
        le=86_400,
        description="mean wait a driver accepts before leaving (s); from memory, unverified; confidence low",
    )
    value_of_time_cny_per_h: Annotated[float, Field(ge=0.0, le=1000.0)] = Field(
        40.0,
        description="what an hour of waiting or detour is worth to a driver (CNY/h); from memory, unverified; "
        "confidence low",
    )
    taste_cny: Annotated[float, Field(ge=0.0, le=1000.0)] = Field(
        3.0,
        description="spread of a driver's taste for one stop or another, scale of a Gumbel draw (CNY); from memory, "
        "unverified; confidence low",
    )
    stop_acceptance: Share = Field(
        0.65,
        description="share of car drivers that accept one charging stop on a trip between zones, its square two stops, and "
        "so on; the others go by other means (-); first fit, with the prepared, to observed rows C1 and C2; range 0.3 to 1; "
        "confidence low",
    )
    home_plug_soc: Share = Field(
        0.75,
        description="state of charge below which a car is plugged in at home (0..1); from memory, unverified; "
        "confidence low",
    )
    home_target_soc: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        0.9,
        description="state of charge at which home charging stops on ordinary days (0..1), full before a trip; from "
        "memory, unverified; confidence low",
    )
    top_up_soc: Share = Field(
        0.8,
        description="state of charge below which a driver without a plug of its own charges on the eve of a trip (0..1); "
        "from memory, unverified; confidence low",
    )
    prepared_share: Share = Field(
        0.25,
        description="share of drivers who charge in town before setting out when the battery would not last (-); first fit, "
        "with the acceptance of stops, to observed rows C1 and C2; range 0.1 to 0.9; confidence low",
    )
    informed_share: Share = Field(
        0.6,
        description="share of drivers on a trip who look up how long each stop ahead makes wait; the others expect no queue "
        "until one has turned them away (-); from memory, unverified; confidence low",
    )
    trip_target_soc: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        0.95,
        description="state of charge to which a driver charges in town for a trip (0..1); from memory, unverified; "
        "confidence low",
    )
    slow_share: Share = Field(
        0.08,
        description="share of public charges in town made at slow EVSEs (-); 0.96 preferred fast ones in a 2022 survey, "
        "raised for nights; confidence low",
    )
    hybrid_public_share: Share = Field(
        0.25,
        description="share of low days on which a plug-in hybrid without a plug of its own looks for a public one (-); "
        "from memory, unverified; confidence low",
    )
    depot_power_kw: Annotated[float, Field(gt=0.0, le=1000.0)] = Field(
        60.0, description="power of a depot EVSE for buses and trucks (kW); from memory, unverified; confidence low"
    )
    town_speed_kmh: Annotated[float, Field(gt=0.0, le=120.0)] = Field(
        28.0,
        description="mean speed off the road graph (km/h); large-city peaks 20-28, off-peak 30-40; from memory, "
        "unverified; confidence medium",
    )
    truck_speed_kmh: Annotated[float, Field(gt=0.0, le=120.0)] = Field(
        80.0,
        description="speed of a heavy truck on an empty expressway (km/h); mean with stops 72 in the travel seeds; "
        "confidence medium",
    )
    rest_after_s: int = Field(
        14_400,
        ge=3600,
        le=86_400,
        description="driving after which a truck driver has to rest (s); road safety law, 4 h",
    )
    rest_s: int = Field(1200, ge=0, le=14_400, description="that rest, charging included (s); road safety law, 20 min")
    rescue_s: int = Field(
        7200,
        ge=900,
        le=2_678_400,
        description="time until a tow truck has taken a stranded vehicle to the end of the way it was on (s); longer than "
        "the run: nobody is rescued; from memory, unverified; confidence low",
    )
    rescue_soc: Annotated[float, Field(gt=0.0, le=1.0)] = Field(
        0.2,
        description="state of charge with which the tow truck's battery leaves it (0..1); from memory, unverified; "
        "confidence low",
    )
    navigation_share: Share = Field(
        0.7,
        description="share of drivers on trips who follow routes that know of jams, the others those of empty roads (-); "
        "nearly all have such a program, not all follow it on ways that they know; from memory, unverified; range 0.3 to "
        "1; confidence low",
    )
    reservation_share: Share = Field(
        0.0,
        description="share of drivers who book a plug at each stop that they plan on a trip (-); 0 because booking ahead is "
        "hardly offered on expressways; from memory, unverified; confidence low",
    )
    reservation_grace_s: int = Field(
        900,
        ge=0,
        le=7200,
        description="how much earlier or later than booked a driver may arrive and still go to the head of the queue (s); "
        "from memory, unverified; confidence low",
    )
    n_considered: int = Field(6, ge=1, le=32, description="stations a driver compares at each choice (stations)")
    n_tries: int = Field(
        3, ge=1, le=10, description="visits without a charge before a driver gives it up, on a trip waits however long (-)"
    )

    @model_validator(mode="after")
    def _target_above_reserve(self) -> Self:
        if self.fast_target_soc <= self.reserve_soc:
            raise ValueError("fast_target_soc should be above reserve_soc")
        return self
