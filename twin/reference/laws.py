"""The laws of conservation, counted from the agents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from twin.reference.books import under_way
from twin.reference.plain import DAY_S
from twin.tables.inputs import LAYERS
from twin.tables.state import FREE, PLUGGED
from twin.tables.totals import LOAD_KINDS, Law

if TYPE_CHECKING:
    from twin.reference.model import ReferenceModel

__all__ = ["laws_of"]

MOST_ROWS = 20


def laws_of(model: ReferenceModel) -> tuple[Law, ...]:
    """Return every law with its two sides, at the end of the run."""
    return (
        *energy_laws(model),
        *outing_laws(model),
        *plug_laws(model),
        *outage_laws(model),
        *swap_laws(model),
        *plant_laws(model),
    )


def energy_laws(model: ReferenceModel) -> Iterator[Law]:
    """Yield what holds of watt-seconds. Batteries on racks belong to it, reckoned from charged."""
    books, counts = model.books, model.books.counts
    # Whoever is called but has not set out yet has nothing to report; at midnight there is nobody of that kind.
    left_ws = sum(driver.energy_ws for driver in model.drivers if driver.phase != FREE or not driver.is_out)
    public_ws = sum(station.whole["energy_ws"] for station in model.stations)
    private_ws = counts["home_ws"] + counts["depot_ws"] + counts["work_ws"]
    yield Law(
        "energy at the start + charged + rescue = energy at the end + driven + given to the grid",
        model.start_energy_ws + public_ws + private_ws + counts["rescue_ws"],
        left_ws - lack_on_racks_ws(model) + counts["driven_ws"] + counts["v2g_ws"],
        "Ws",
    )
    booked_ws = dict.fromkeys(LOAD_KINDS, 0)
    for (kind, _, _), energy_ws in books.load_ws.items():
        booked_ws[kind] += energy_ws
    at_stations_ws = sum(booked_ws[layer] for layer in LAYERS)
    privately_ws = booked_ws["home"] + booked_ws["depot"] + booked_ws["work"]
    yield Law("energy booked by public stations = energy into batteries there", at_stations_ws, public_ws, "Ws")
    name = "energy booked at home, at depots and at work = energy into batteries there"
    yield Law(name, privately_ws, private_ws, "Ws")
    yield Law("energy booked from batteries to the grid = energy they gave", booked_ws["v2g"], counts["v2g_ws"], "Ws")
    at_night_ws = booked_ws["home"] + booked_ws["depot"]
    yield Law("energy shifted <= energy at home and at depots", booked_ws["orderly"], at_night_ws, "Ws", (), "<=")
    yield Law("private charges that end after the departure = none", counts["late_charges"], 0, "charges")
    yield Law("batteries below the reserve after giving to the grid = none", counts["below_reserve"], 0, "vehicles")
    over = [f"vehicle {driver.vehicle}" for driver in model.drivers if driver.energy_ws > driver.type.capacity_ws]
    yield Law("vehicles with a state of charge above 1 = none", len(over), 0, "vehicles", tuple(over[:MOST_ROWS]))
    n_below = sum(driver.energy_ws < 0 for driver in model.drivers)
    yield Law("vehicles with energy below zero = none", n_below, 0, "vehicles")


def outing_laws(model: ReferenceModel) -> Iterator[Law]:
    """Yield what holds of trips and errands: nobody vanishes. Stranded is who waits for a tow truck at the end."""
    counts, drivers = model.books.counts, model.drivers
    n_trips = counts["stranded_trips"] - counts["rescued_trips"]
    n_errands = counts["stranded_errands"] - counts["rescued_errands"]
    ended = counts["trips_ended"] + n_trips + under_way(drivers, is_trip=True)
    yield Law("trips begun = ended + under way + stranded", counts["trips_begun"], ended, "trips")
    ended = counts["errands_ended"] + n_errands + under_way(drivers, is_trip=False)
    yield Law("errands begun = ended + under way + stranded", counts["errands_begun"], ended, "errands")
    n_out = sum(driver.phase != FREE for driver in drivers)
    yield Law("vehicles out = vehicles marked out", n_out, sum(driver.is_out for driver in drivers), "vehicles")


def plug_laws(model: ReferenceModel) -> Iterator[Law]:
    """Yield what holds of plugs: no EVSE has two vehicles, no vehicle two EVSEs."""
    occupants = [session.driver.vehicle for station in model.stations for session in station.sessions]
    n_plugged = sum(driver.phase == PLUGGED for driver in model.drivers)
    yield Law("vehicles plugged in = EVSEs occupied", n_plugged, len(occupants), "vehicles")
    yield Law("EVSEs occupied = vehicles in them", len(occupants), len(set(occupants)), "EVSEs")
    n_busy = sum(pool.n_busy for station in model.stations for pool in station.pools)
    yield Law("EVSEs occupied = EVSEs that pools count as busy", len(occupants), n_busy, "EVSEs")


def outage_laws(model: ReferenceModel) -> Iterator[Law]:
    """Yield what holds of EVSEs out of service: nobody is plugged in there, and they are out as the calendar says."""
    whole = [station.whole for station in model.stations]
    n_unfit = sum(of["unfit"] for of in whole)
    yield Law("sessions begun on an EVSE that was taken or out of service = none", n_unfit, 0, "sessions")
    there = [(pool.row, pool.n_busy + len(pool.evses) - pool.n_in_service, len(pool.evses)) for pool in model.pools]
    rows = tuple(f"pool {row}: {n} / {n_evse}" for row, n, n_evse in there if n > n_evse)
    n_there, n_evse = (sum(pool[column] for pool in there) for column in (1, 2))
    yield Law("EVSEs occupied or out of service <= EVSEs, in every pool", n_there, n_evse, "EVSEs", rows[:MOST_ROWS], "<=")
    n_over = sum(of["overfull"] for of in whole)
    yield Law("station hours with more seconds plugged or out of service than EVSE seconds = none", n_over, 0, "hours")
    run_s, calendar = model.given.n_days * DAY_S, model.given.outages
    wanted_s = [0] * len(whole)
    for station, begin_s, end_s in zip(calendar.station, calendar.begin_s, calendar.end_s, strict=True):
        wanted_s[station] += max(min(int(end_s), run_s) - int(begin_s), 0)
    lived = [(row, of["out_s"], wanted_s[row]) for row, of in enumerate(whole)]
    rows = tuple(f"station {row}: {out_s} / {in_all_s}" for row, out_s, in_all_s in lived if out_s != in_all_s)
    name = "seconds out of service as lived = seconds of the calendar of outages, at every station"
    yield Law(name, sum(of["out_s"] for of in whole), sum(wanted_s), "s", rows[:MOST_ROWS])


def lack_on_racks_ws(model: ReferenceModel) -> int:
    """Return what the batteries on racks still lack at the end of the run."""
    run_s = model.given.n_days * DAY_S
    racks = [rack for station in model.stations for rack in station.racks]
    return sum(rack.power_w * max(battery.ready_s - run_s, 0) for rack in racks for battery in rack.batteries)


def swap_laws(model: ReferenceModel) -> Iterator[Law]:
    """Yield what holds of batteries: none is lost, none given before it is charged, and what is given is charged again."""
    racks = [rack for station in model.stations for rack in station.racks]
    there = [(rack.pool.row, len(rack.batteries) + rack.pool.n_busy, rack.n_batteries) for rack in racks]
    rows = tuple(f"pool {row}: {n} / {n_batteries}" for row, n, n_batteries in there if n != n_batteries)
    n_there, n_batteries = (sum(rack[column] for rack in there) for column in (1, 2))
    name = "batteries on the rack + in bays = batteries, in every swap pool"
    yield Law(name, n_there, n_batteries, "batteries", rows[:MOST_ROWS])
    n_unready = sum(rack.n_unready for rack in racks)
    yield Law("batteries given before they were charged = none", n_unready, 0, "batteries")
    yield Law(
        "energy gained by swaps = energy booked on racks + still to be charged there",
        sum(rack.given_ws for rack in racks),
        sum(rack.charged_ws for rack in racks) + lack_on_racks_ws(model),
        "Ws",
    )
    power = [(one.row, one.site_limit_w - one.for_sessions_w, one.site_limit_w) for one in model.stations if one.racks]
    rows = tuple(f"station {row}: {rack_w} / {limit_w}" for row, rack_w, limit_w in power if rack_w > limit_w)
    rack_w, limit_w = (sum(site[column] for site in power) for column in (1, 2))
    name = "power of racks <= power of the site, at every station"
    yield Law(name, rack_w, limit_w, "W", rows[:MOST_ROWS], "<=")


def plant_laws(model: ReferenceModel) -> Iterator[Law]:
    """Yield what holds of photovoltaics and storage, at every site that has them."""
    plants = model.plants
    of = [plant.whole for plant in plants]

    def at_every(name: str, left: list[int], right: list[int]) -> Law:
        sides = zip(plants, left, right, strict=True)
        rows = tuple(f"station {plant.site.row}: {a} / {b}" for plant, a, b in sides if a != b)
        return Law(f"{name}, at every site", sum(left), sum(right), "Ws", rows[:MOST_ROWS])

    yield at_every(
        "grid + photovoltaics + storage out = vehicles + storage in",
        [x["grid_ws"] + x["used_ws"] + x["given_ws"] for x in of],
        [x["taken_ws"] + x["filled_ws"] for x in of],
    )
    taken_ws, counted_ws = [x["taken_ws"] for x in of], [plant.site.whole["energy_ws"] for plant in plants]
    yield at_every("energy into vehicles as settled = as the sessions count it", taken_ws, counted_ws)
    yield at_every(
        "stored at the start + storage in = storage out + lost + stored at the end",
        [plant.begin_ws + plant.whole["filled_ws"] for plant in plants],
        [plant.whole["given_ws"] + plant.whole["lost_ws"] + plant.stored_ws for plant in plants],
    )
    over = [plant for plant in plants if plant.least_ws < 0 or plant.most_ws > plant.capacity_ws]
    rows = tuple(f"station {p.site.row}: {p.least_ws} .. {p.most_ws} Ws of {p.capacity_ws}" for p in over[:MOST_ROWS])
    yield Law("storage below zero or above its capacity = none", len(over), 0, "sites", rows)
    rows = tuple(f"station {plant.site.row}: {plant.n_over} times" for plant in plants if plant.n_over)
    name = "stretches in which a site took more than its transformer lets through = none"
    yield Law(name, sum(plant.n_over for plant in plants), 0, "stretches", rows[:MOST_ROWS])
    booked_ws: Counter[str] = Counter()
    for (kind, _, _), energy_ws in model.books.plant_ws.items():
        booked_ws[kind] += energy_ws
    given_ws = sum(x["used_ws"] + x["fed_ws"] for x in of)
    yield Law("photovoltaics by zone and quarter hour = those of the sites", booked_ws["pv"], given_ws, "Ws")
    given_ws = sum(x["given_ws"] - x["filled_ws"] for x in of)
    yield Law("storage by zone and quarter hour = that of the sites", booked_ws["storage"], given_ws, "Ws")
