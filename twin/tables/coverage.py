"""What a run leaves behind for maps of coverage: counties, expressway lines, links."""

from typing import NamedTuple

from twin.tables.columns import F64, I32, I64, STR, U8, Annotated, Field


class CountyCoverageTable(NamedTuple):
    """county_coverage.parquet: coverage of one county a row, from the stations as they stand."""

    county: Annotated[STR, Field("-", "county id")]
    name: Annotated[STR, Field("-", "name")]
    province: Annotated[STR, Field("-", "province code")]
    zone: Annotated[STR, Field("-", "zone id")]
    lon: Annotated[F64, Field("deg", "longitude of its point, WGS-84")]
    lat: Annotated[F64, Field("deg", "latitude of its point, WGS-84")]
    n_people: Annotated[I64, Field("-", "people, 2020")]
    n_evse: Annotated[I32, Field("-", "public EVSEs, service areas included")]
    n_high_power: Annotated[I32, Field("-", "EVSEs of 250 kW or more")]
    evse_per_1000_people: Annotated[F64, Field("-", "EVSEs per 1,000 people")]
    urban_within_1_km: Annotated[F64, Field("-", "share of urban people with a station within 1 km, straight line")]
    urban_within_2_km: Annotated[F64, Field("-", "the same within 2 km")]
    urban_within_3_km: Annotated[F64, Field("-", "the same within 3 km")]
    urban_within_3_km_of_high_power: Annotated[F64, Field("-", "share with 250 kW or more per EVSE within 3 km")]
    rural_road_distance_km: Annotated[F64, Field("km", "mean way by road of rural people to the nearest station")]
    rural_road_distance_to_high_power_km: Annotated[F64, Field("km", "the same to 250 kW or more per EVSE")]
    n_townships: Annotated[I32, Field("-", "townships")]
    n_townships_with_station: Annotated[I32, Field("-", "of them with a station of their own")]


class LineCoverageTable(NamedTuple):
    """line_coverage.parquet: one expressway line and direction a row, from the stations as they stand."""

    line: Annotated[STR, Field("-", "code of the line")]
    name: Annotated[STR, Field("-", "name of the line, blank where it has none")]
    direction: Annotated[STR, Field("-", "northbound, eastbound, southbound or westbound, along the line as a whole")]
    is_main_corridor: Annotated[U8, Field("-", "1 for the 7 radial, 11 north-south and 18 east-west lines")]
    length_km: Annotated[F64, Field("km", "length in this direction")]
    within_50_km_of_station: Annotated[F64, Field("-", "share of it with a station at most 50 km ahead")]
    within_50_km_of_high_power: Annotated[F64, Field("-", "the same, 250 kW or more per EVSE")]
    within_50_km_of_megawatt: Annotated[F64, Field("-", "the same, 1,000 kW or more per EVSE, for trucks")]
    longest_way_to_station_km: Annotated[F64, Field("km", "longest way ahead to a station; null where there is none ahead")]
    longest_way_to_station_from: Annotated[STR, Field("-", "node where that way begins")]
    longest_way_to_high_power_km: Annotated[F64, Field("km", "the same, 250 kW or more per EVSE")]
    longest_way_to_high_power_from: Annotated[STR, Field("-", "node where that way begins")]
    longest_way_to_megawatt_km: Annotated[F64, Field("km", "the same, 1,000 kW or more per EVSE, for trucks")]
    longest_way_to_megawatt_from: Annotated[STR, Field("-", "node where that way begins")]


class LinkCoverageTable(NamedTuple):
    """link_coverage.parquet: one directed link of an expressway a row; joins network.parquet by link."""

    link: Annotated[I32, Field("-", "link id")]
    direction: Annotated[STR, Field("-", "northbound, eastbound, southbound or westbound, along its line as a whole")]
    way_to_station_km: Annotated[F64, Field("km", "way from its start to the next station ahead; null where there is none")]
    way_to_high_power_km: Annotated[F64, Field("km", "the same, 250 kW or more per EVSE")]
    way_to_megawatt_km: Annotated[F64, Field("km", "the same, 1,000 kW or more per EVSE, for trucks")]
