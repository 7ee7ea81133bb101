"""The words for the figures of coverage."""

from __future__ import annotations

from twin.report.language import phrase

COVERAGE_NAMES: dict[str, str] = {
    "urban_population_within_1_km": phrase("urban people within 1 km of a station"),
    "urban_population_within_2_km": phrase("urban people within 2 km of a station"),
    "urban_population_within_3_km": phrase("urban people within 3 km of a station"),
    "urban_population_within_1_km_of_high_power": phrase("urban people within 1 km of 250 kW or more"),
    "urban_population_within_3_km_of_high_power": phrase("urban people within 3 km of 250 kW or more"),
    "service_areas_with_station": phrase("service areas with chargers"),
    "expressway_within_25_km_of_station": phrase("expressway with a station at most 25 km ahead"),
    "expressway_within_50_km_of_station": phrase("expressway with a station at most 50 km ahead"),
    "expressway_within_25_km_of_high_power": phrase("expressway with 250 kW or more at most 25 km ahead"),
    "expressway_within_50_km_of_high_power": phrase("expressway with 250 kW or more at most 50 km ahead"),
    "main_corridors_within_50_km_of_high_power": phrase("main corridors with 250 kW or more at most 50 km ahead"),
    "service_areas_with_high_power": phrase("service areas with 250 kW or more"),
    "longest_way_to_station": phrase("longest way to the next station ahead"),
    "longest_way_to_high_power": phrase("longest way to the next 250 kW or more ahead"),
    "townships_with_station": phrase("townships with a station"),
    "counties_with_station": phrase("counties with a station"),
    "counties_with_high_power": phrase("counties with 250 kW or more"),
    "rural_road_distance": phrase("mean way by road of rural people to the nearest station"),
    "rural_road_distance_to_high_power": phrase("mean way by road of rural people to 250 kW or more"),
    "evse_per_1000_people": phrase("EVSEs per 1,000 people"),
    "evse_per_1000_people_in_worst_decile": phrase("EVSEs per 1,000 people in the tenth of counties with fewest"),
    "gini_of_evse": phrase("inequality of EVSEs among people (Gini, 0 to 1)"),
    "gini_of_high_power_evse": phrase("inequality of EVSEs of 250 kW or more (Gini, 0 to 1)"),
    "rural_distance": phrase("mean distance of rural people to the nearest station"),
    "evse_per_1000_vehicles": phrase("EVSEs per 1,000 electric vehicles"),
}
"""Metric and how the page names it."""

HEADLINES = {
    "urban": "urban_population_within_2_km",
    "highway": "service_areas_with_station",
    "rural": "townships_with_station",
}
"""The figure of each layer that the heading quotes."""
