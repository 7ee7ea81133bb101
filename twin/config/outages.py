"""How often equipment fails, and how soon it is repaired."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from twin.config.base import Section, Share

Hours = Annotated[float, Field(gt=0.0, le=1e6)]
Days = Annotated[float, Field(gt=0.0, le=1e6)]


class Outages(Section):
    """Failure and repair of EVSEs, and incidents that close stations."""

    is_on: bool = Field(True, description="EVSEs fail and are repaired; false: all are in service all the time")
    mtbf_h: Hours = Field(
        1090.0,
        description="mean time in service between two failures of an EVSE, whatever their cause (h); derived: with the "
        "repairs and incidents below it gives an availability of 0.985, that of 2024 with network faults and grid cuts; "
        "hardware alone fails every 2,500 h; from memory, unverified; confidence low",
    )
    high_power_mtbf_h: Hours = Field(
        1090.0,
        description="the same for EVSEs of 250 kW or more (h); no figures by power class were found, so as the others; "
        "confidence low",
    )
    certified_from: Annotated[str, Field(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] = Field(
        "2026-08",
        description="month from which only certified EVSEs come into service (year-month); China Compulsory Certification, "
        "2026-08-01; confidence medium",
    )
    certified_factor: Annotated[float, Field(gt=0.0, le=100.0)] = Field(
        1.0,
        description="mean time between failures of EVSEs commissioned from then on, as a multiple (-); 1 as no figures were "
        "found; confidence low",
    )
    old_after_a: Annotated[int, Field(ge=0, le=100)] = Field(
        8, description="age from which an EVSE counts as old (a); notice 1250 names it for renewal; confidence high"
    )
    old_factor: Annotated[float, Field(gt=0.0, le=100.0)] = Field(
        1.0,
        description="mean time between failures of old EVSEs, as a multiple (-); 1 as no figures were found; confidence low",
    )
    remote_share: Share = Field(
        0.6, description="share of failures that are put right from afar (-); from memory, unverified; confidence low"
    )
    remote_fix_h: Hours = Field(
        2.0, description="mean time to put a failure right from afar (h); from memory, unverified; confidence low"
    )
    repair_h: Hours = Field(
        36.0, description="mean time until a technician has repaired the others (h); from memory, unverified; confidence low"
    )
    incident_interval_d: Days = Field(
        159.0,
        description="mean time between two incidents that close a whole station (days); derived: 2.3 interruptions a year "
        "of a grid customer's supply; from memory, unverified; confidence low",
    )
    incident_h: Hours = Field(
        3.4,
        description="mean time for which an incident closes a station (h); derived: 7.8 h without supply a year in 2.3 "
        "interruptions; from memory, unverified; confidence low",
    )
