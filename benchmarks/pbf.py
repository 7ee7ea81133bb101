"""Ways a second out of a large PBF file that is made for it: ``python -m benchmarks.pbf``."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.process import REPOSITORY, options, publish, table

TITLE = "Roads out of a PBF file"
CLASSES = ("residential", "unclassified", "tertiary", "secondary", "primary", "trunk", "motorway")
POINTS, STEP_DEG = 9, 0.0008
"""Points of a way, the first and last shared with its neighbours: OpenStreetMap's roads have some ten."""
OTHERS = ({"building": "yes"}, {"building": "yes"}, {"building": "house"}, {"landuse": "grass"}, {"highway": "footway"})
FILES = {"roads only": (), "one way in six a road": OTHERS}
REPEATS = 3
TOLD = f"""A lattice of ways of {POINTS} points each; roads are read, checked and cut where they meet, pyosmium and all its
threads on one core; medians of {REPEATS}. Wanted: 100,000 ways a second. Of the 32,688 ways of four extracts (Andorra,
Monaco, northern Bayreuth, inner Nanjing) 5,396 are roads, one in six; most others are buildings, then paths and land."""


def write(path: Path, n_ways: int, others: Sequence[dict[str, str]] = ()) -> None:
    """Write crossing streets, each way as long as a block or two, with the tags that a road has; others take turns."""
    import osmium

    side = int((n_ways / 2) ** 0.5) + 1
    step = STEP_DEG * (POINTS - 1)
    assert side * step < 60, "the streets would leave the earth's calm latitudes"
    n_corners, inner = side * side, POINTS - 2
    with osmium.SimpleWriter(str(path)) as out:
        for corner in range(n_corners):
            row, column = divmod(corner, side)
            out.add_node(osmium.osm.mutable.Node(id=corner + 1, location=(70 + column * step, row * step)))
        blocks = [(row, column, d) for row in range(side) for column in range(side) for d in (0, 1)]
        ways = [(r, c, d) for r, c, d in blocks if (c, r)[d] < side - 1][:n_ways]
        for number, (row, column, down) in enumerate(ways):
            for point in range(inner):
                along = STEP_DEG * (point + 1)
                place = (70 + column * step + (0 if down else along), row * step + (along if down else 0))
                out.add_node(osmium.osm.mutable.Node(id=n_corners + inner * number + point + 1, location=place))
        for number, (row, column, down) in enumerate(ways):
            first, last = row * side + column + 1, (row + down) * side + column + 1 + (1 - down)
            between = range(n_corners + inner * number + 1, n_corners + inner * (number + 1) + 1)
            tags = {"highway": CLASSES[number % len(CLASSES)], "name": f"Street {number}", "surface": "asphalt"}
            tags |= {"maxspeed": "50", "lanes": "2"} if number % 3 == 0 else {}
            turn = number % (len(others) + 1)
            tags = others[turn - 1] if turn else tags
            out.add_way(osmium.osm.mutable.Way(id=number + 1, nodes=[first, *between, last], tags=tags))


def read(path: Path) -> dict[str, float]:
    """Read the file in this process, on one core."""
    from twin.network.osm import read_osm

    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    wall, core = time.perf_counter(), time.process_time()
    n_roads = read_osm(path).notes["n_ways"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall_s, core_s = time.perf_counter() - wall, time.process_time() - core
    return {"n_roads": n_roads, "wall_s": wall_s, "core_s": core_s, "peak_mb": peak / 1024}


def measured(path: Path, name: str, n_ways: int) -> list[str]:
    """Read a file in processes of its own and return a row of the table."""
    command = [sys.executable, "-m", "benchmarks.pbf", "--file", str(path)]
    said = [subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True).stdout for _ in range(REPEATS)]
    runs = [json.loads(each) for each in said]
    of = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
    numbers = (n_ways, of["n_roads"], path.stat().st_size / 1e6)
    return [name, *(f"{number:,.0f}" for number in numbers), f"{of['wall_s']:.1f}", f"{of['core_s']:.1f}",
            f"{n_ways / of['core_s']:,.0f}", f"{of['peak_mb']:,.0f}"]  # fmt: skip


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--ways", type=int, default=1_000_000, help="ways of the file (default %(default)s)")
    parser.add_argument("--file", type=Path, help="read this file, and print JSON")
    chosen = parser.parse_args()
    if chosen.file is not None:
        print(json.dumps(read(chosen.file)))
        return
    rows = []
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        path = Path(folder) / "streets.osm.pbf"
        for name, others in FILES.items():
            write(path, chosen.ways, others)
            rows.append(measured(path, name, chosen.ways))
            path.unlink()
    head = "file|ways|roads|size (MB)|seconds on one core|core-seconds|ways per core-second|peak memory (MB)".split("|")
    publish(TITLE, f"{table(head, rows)}\n{TOLD}\n", chosen)


if __name__ == "__main__":
    main()
