"""What a siting leaves behind: the station list, the sites chosen, the frontier, and a scenario that runs."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.config import Config, changed
from twin.config.buildout import Buildout
from twin.config.files import with_full_paths
from twin.errors import OutputExistsError, StoreError
from twin.metrics.rows import is_plug_of
from twin.siting.candidates import KINDS, LAYER_OF_KIND, Candidates, Package, priced
from twin.stations.attached import lines_of
from twin.stations.snap import fingerprint
from twin.store.text import write_csv_table, write_text
from twin.tables.columns import I64, STR
from twin.tables.inputs import LAYERS
from twin.tables.listed import ListedPools, write_list
from twin.tables.posed import SERVES_BITS

if TYPE_CHECKING:
    from twin.nation import Places
    from twin.siting.search import Allocation
    from twin.stations.inventory import Inventory

__all__ = [
    "LIST",
    "SCENARIO",
    "folder_in_the_making",
    "on_list",
    "refuse_taken",
    "scenario_text",
    "sited_list",
    "station_ids",
    "write_sited_list",
    "write_siting",
]

LIST, SCENARIO = "stations.parquet", "scenario.yaml"
PROVENANCE = {"source": "twin site", "sha256": "", "licence": "as the stations of the scenario", "datum": "WGS-84"}


def on_list(config: Config, source: str) -> Config:
    """Return a scenario on a station list in place of its stock and orders: what was built stands in the list.

    Parameters
    ----------
    config : Config
        The scenario.
    source : str
        Path of the list.
    """
    nothing = {f"buildout.{key}": value for key, value in Buildout().model_dump().items()}
    stock = config.buildout.towards or config.stations.stock
    return changed(config, {**nothing, "stations.stock": stock, "stations.source": source})


def refuse_taken(out: Path) -> None:
    """Refuse a folder that holds something.

    Raises
    ------
    OutputExistsError
        If it does.
    """
    if out.is_symlink() or (out.exists() and not (out.is_dir() and not any(out.iterdir()))):
        raise OutputExistsError(f"{out}: found something there; wanted a new or empty folder; give another with --out")


@contextmanager
def folder_in_the_making(out: Path) -> Iterator[Path]:
    """Yield a hidden folder that becomes `out` when the block ends well, and is gone when it does not."""
    refuse_taken(out)
    hidden = out.resolve().with_name(f".{out.name}.partial-{os.getpid()}")
    try:
        hidden.mkdir(parents=True)
        yield hidden
        if out.is_dir():
            out.rmdir()
        hidden.replace(out)
    except OSError as fault:
        raise StoreError(f"{out}: found {fault}; wanted a folder to write to; choose another with --out") from fault
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def sited_list(
    inventory: Inventory, package: Package, candidates: Candidates, sites: I64, n_packages: I64 | None = None
) -> ListedPools:
    """Return all stations of an inventory and the packages at the sites chosen, as a station list.

    Packages at a side of a service area that has a station become a pool of it, and the station's limit grows. Swap bays are
    left out: a list has none.

    Parameters
    ----------
    inventory, package, candidates
        What stands, what is put up, and where it could be.
    sites : ndarray of int64
        Rows of the sites chosen, each once.
    n_packages : ndarray of int64, shape of `sites`, optional
        How many are put up at each; one by default.
    """
    n_packages = np.ones(len(sites), np.int64) if n_packages is None else n_packages
    stations, pools = inventory.stations, inventory.pools
    chosen = candidates.take(sites)
    at_station = chosen.station >= 0
    limit_w = stations.site_limit_w.copy()
    after_w = priced(inventory, package, chosen.station, n_packages)[2]
    limit_w[chosen.station[at_station]] = after_w[at_station]
    n_stations, n_new = len(stations.zone), len(sites)
    new = n_stations + np.cumsum(~at_station) - 1
    station = np.concatenate((pools.station, np.where(at_station, chosen.station, new)))
    alone = np.flatnonzero(~at_station)
    layer = np.array([LAYERS.index(name) for name in LAYER_OF_KIND], np.int64)[chosen.kind]
    ids = station_ids(inventory)
    names = {bits: text for text, bits in SERVES_BITS.items()}
    serves = np.append(pools.serves, np.full(n_new, SERVES_BITS["both" if package.for_trucks else "cars"]))
    n_evse = np.append(pools.n_evse, n_packages * package.n_evse)
    rated_w = np.append(pools.rated_power_w, np.full(n_new, package.rated_w))
    limit_kw = np.concatenate((limit_w, after_w[alone]))[station] / 1000.0
    is_plug = np.append(is_plug_of(pools), np.full(n_new, True))
    order = np.argsort(station, kind="stable")
    order = order[is_plug[order]]

    def of_station(there: Any, added: Any, dtype: Any) -> Any:
        return np.concatenate((np.asarray(there, dtype), np.asarray(added, dtype)))[station[order]]

    return ListedPools(
        id=of_station(ids, chosen.id[alone], object),
        name=of_station(inventory.names(), np.array([f"new {name}" for name in chosen.id[alone].tolist()], object), object),
        lon=of_station(stations.lon, chosen.lon[alone], np.float64),
        lat=of_station(stations.lat, chosen.lat[alone], np.float64),
        operator=of_station(np.asarray(inventory.operator_names, object)[stations.operator], [""] * len(alone), object),
        layer=np.array(LAYERS, object)[of_station(stations.layer, layer[alone], np.int64)],
        n_evse=n_evse[order].astype(np.int32),
        rated_power_kw=rated_w[order] / 1000.0,
        is_ac=np.append(pools.is_ac, np.zeros(n_new, np.uint8))[order].astype(np.uint8),
        serves=np.array([names[int(bits)] for bits in serves[order].tolist()], object),
        site_limit_kw=limit_kw[order],
        node=np.full(len(order), -1, np.int32),
        link=of_station(stations.link, chosen.link[alone], np.int32),
        snap_m=np.full(len(order), np.nan),
        ahead_m=np.full(len(order), np.nan),
    )


def station_ids(inventory: Inventory) -> STR:
    """Return the ids under which the standing stations are listed: those of their list, or numbers."""
    if inventory.listed_id is not None:
        return inventory.listed_id
    return np.array([f"station-{number}" for number in range(len(inventory.stations.zone))], object)


def scenario_text(config: Config, source: str, name: str, title: str) -> str:
    """Write a scenario as YAML: the settings that differ from the defaults, with the station list in place of the stock.

    Parameters
    ----------
    config : Config
        The scenario that was improved.
    source : str
        The station list, from the folder of the scenario.
    name, title : str
        Of the new scenario.
    """
    settings, plain = with_full_paths(on_list(config, "stock").resolved()), Config().resolved()
    settings["stations"]["source"] = source
    settings["scenario"] |= {"name": name, "title": title}
    lines = [f"# {title}", "# Written by twin site; it says all that differs from the defaults.", ""]
    for section, values in settings.items():
        told = {key: value for key, value in values.items() if value != plain[section][key]}
        if told:
            lines.append(f"{section}:")
            lines += [f"  {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in told.items()]
    return "\n".join(lines) + "\n"


def write_siting(
    folder: Path,
    config: Config,
    inventory: Inventory,
    places: Places,
    package: Package,
    candidates: Candidates,
    chosen: Allocation,
    frontier: Sequence[Mapping[str, Any]],
    told: Mapping[str, Any],
) -> None:
    """Write everything into a folder.

    Parameters
    ----------
    folder : pathlib.Path
        An empty folder.
    config : Config
        The scenario that was improved.
    inventory, places, package
        What stands, the roads it stands on, and what is put up.
    candidates, chosen
        Sites, and packages at those chosen.
    frontier : sequence of mapping
        Rows of ``frontier.csv``.
    told : mapping
        What ``site.json`` holds.
    """
    write_sited_list(folder / LIST, sited_list(inventory, package, candidates, *chosen[:2]), places)
    at, regions = candidates.take(chosen.sites), places.regions
    _, cost_cny, limit_w = priced(inventory, package, at.station, chosen.n_packages)
    columns = {
        "id": at.id,
        "kind": np.array(KINDS, object)[at.kind],
        "province": regions.province_code[at.province],
        "county": regions.county_id[at.county],
        "lon": at.lon,
        "lat": at.lat,
        "n_packages": chosen.n_packages,
        "cost_cny": cost_cny,
        "site_limit_kw": limit_w / 1000.0,
    }
    write_csv_table(columns, folder / "sites.csv")
    names = list(frontier[0])
    write_csv_table({name: np.array([row[name] for row in frontier]) for name in names}, folder / "frontier.csv")
    write_text(folder / SCENARIO, scenario_text(config, LIST, f"{config.scenario.name}-sited", str(told["title"])))
    write_text(folder / "site.json", json.dumps(told, ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def write_sited_list(path: Path, pools: ListedPools, places: Places) -> None:
    """Write a station list that stands on the roads of the scenario, so that a run need not look for them."""
    report = {
        "n_rows": len(set(pools.id.tolist())), "left_out_columns": [], "assumed": {}, "too_far": [],
        "dropped_without_evse": [], "network": fingerprint(lines_of(places.network)),
    }  # fmt: skip
    write_list(path, pools, {"provenance": {**PROVENANCE, "assumptions": "none"}, "report": report})
