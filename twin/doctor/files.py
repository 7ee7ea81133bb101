"""A user's files, each read as what it is; every fault of all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from twin.config import load
from twin.doctor.columns import check_columns
from twin.doctor.together import check_together
from twin.errors import DataError, Faults, TwinError
from twin.network.files import load_network
from twin.network.folder import read_folder, tables_of
from twin.tables import seeds
from twin.tables.roads import about, read_user_table

ROADS = ("nodes", "links", "edges")


class Finding(NamedTuple):
    """What a file was taken for, and what is wrong with all of them."""

    looked_at: list[tuple[str, str]]
    faults: Faults


def examine(data: Path) -> Finding:
    """Look over a file, or every file of a folder.

    Scenario files are read with all that they extend. Tables named as those of the seeds are read as such, and then held
    against each other and against the embedded ones they go with. Node and link tables are read as a road network, a built
    network as one. Any other table is checked by the names of its columns: what is a distance, an energy or a time is not
    negative, a share is between 0 and 1, origins, destinations and zones exist, and
    nothing charges longer than it is plugged in.

    Parameters
    ----------
    data : Path
        The file or folder.

    Raises
    ------
    DataError
        If there is nothing to look at.
    """
    if not data.exists():
        raise DataError(f"{data}: found nothing; wanted a file or a folder; check the path")
    files = [data] if data.is_file() else sorted(path for path in data.iterdir() if path.is_file() and path.name[0] != ".")
    if not files:
        raise DataError(f"{data}: found no files; wanted tables or scenarios; check the path")
    looked_at, faults = [], Faults()
    own: dict[str, dict[str, Any]] = {}
    zones = _zones(files)
    for path in files:
        kind, read = _reader(path, own, zones)
        looked_at.append((path.name, kind))
        _guarded(read, faults)
    if _is_road_folder(files):
        _guarded(lambda _: _check_roads(data), faults)
    check_together(own, faults)
    return Finding(looked_at, faults)


Reader = Callable[[Faults], Any]


def _reader(path: Path, own: dict[str, dict[str, Any]], zones: set[str]) -> tuple[str, Reader]:
    """Return what a file is, and how it is read."""
    if path.suffix in (".yaml", ".yml"):
        return "scenario", lambda _: load(path)
    if path.suffix == ".csv" and path.stem in seeds.SEED_TABLES:
        return "seed table", lambda _: own.update({path.stem: seeds.read(path.stem, path.parent)})
    if path.name.split(".")[0] in ROADS and path.suffix in (".csv", ".gz", ".parquet"):
        return "road table", lambda _: read_user_table(path)
    if path.suffix == ".parquet" and _is_network(path):
        return "road network", lambda _: load_network(path)
    if path.suffix in (".csv", ".parquet"):
        return "table", lambda faults: check_columns(path, read_user_table(path), zones, faults)
    return "not looked at", lambda _: None


def _guarded(read: Reader, faults: Faults) -> None:
    """Read a file; what it is refused for becomes a fault a line."""
    try:
        read(faults)
    except TwinError as fault:
        head, *rest = str(fault).splitlines()
        for line in rest if rest and head.endswith("fault(s)") else [head, *rest]:
            faults.add(line.strip())


def _zones(files: list[Path]) -> set[str]:
    """Return the names that an origin may have: zones and provinces, of the folder's own table where there is one."""
    own = next((path.parent for path in files if path.name == "zones.csv"), None)
    try:
        zones = seeds.read("zones", own)
    except TwinError:  # told when the file itself is read
        zones = seeds.read("zones")
    return set(zones["zone"].tolist()) | set(seeds.read("provinces")["province"].tolist())


def _is_network(path: Path) -> bool:
    try:
        about(path)
    except TwinError:
        return False
    return True


def _is_road_folder(files: list[Path]) -> bool:
    stems = {path.name.split(".")[0] for path in files}
    return "nodes" in stems and bool(stems & {"links", "edges"})


def _check_roads(folder: Path) -> None:
    nodes, links = tables_of(folder)
    read_folder(nodes, links, "WGS-84")
