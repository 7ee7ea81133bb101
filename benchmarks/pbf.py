"""Ways a second out of a large PBF file that is made for it: ``python -m benchmarks.pbf``."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.process import REPOSITORY, options, publish, table

TITLE = "Roads out of a PBF file"
CLASSES = ("residential", "unclassified", "tertiary", "secondary", "primary", "trunk", "motorway")
POINTS, STEP_DEG = 9, 0.0008
"""Points of a way, the first and last shared with its neighbours: OpenStreetMap's roads have some ten."""


def write(path: Path, n_ways: int) -> None:
    """Write crossing streets, each way as long as a block or two, with the tags that a road has."""
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
            out.add_way(osmium.osm.mutable.Way(id=number + 1, nodes=[first, *between, last], tags=tags))


def read(path: Path) -> dict[str, float]:
    """Read the file in this process."""
    from twin.network.osm import read_osm

    wall, core = time.perf_counter(), time.process_time()
    read_osm(path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"wall_s": time.perf_counter() - wall, "core_s": time.process_time() - core, "peak_mb": peak / 1024}


def main() -> None:
    parser = options(__doc__ or "")
    parser.add_argument("--ways", type=int, default=1_000_000, help="ways of the file (default %(default)s)")
    parser.add_argument("--file", type=Path, help="read this file, and print JSON")
    chosen = parser.parse_args()
    if chosen.file is not None:
        print(json.dumps(read(chosen.file)))
        return
    with tempfile.TemporaryDirectory(prefix="twin-bench-") as folder:
        path = Path(folder) / "streets.osm.pbf"
        write(path, chosen.ways)
        command = [sys.executable, "-m", "benchmarks.pbf", "--file", str(path)]
        got = json.loads(subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout)
        row = [f"{chosen.ways:,}", f"{path.stat().st_size / 1e6:,.0f}", f"{got['core_s']:.1f}",
               f"{chosen.ways / got['core_s']:,.0f}", f"{got['peak_mb']:,.0f}"]  # fmt: skip
    head = ["ways", "file (MB)", "core-seconds", "ways per core-second", "peak memory (MB)"]
    told = f"A lattice of streets of {POINTS} points each, read and cut where they meet; one run. Wanted: 100,000 ways."
    publish(TITLE, f"{table(head, [row])}\n{told}\n", chosen)


if __name__ == "__main__":
    main()
