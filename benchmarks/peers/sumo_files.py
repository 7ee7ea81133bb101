"""A network as SUMO reads it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from benchmarks.peers.task import Network

N_LANES = 2


def write_network(network: Network, folder: Path) -> Path:
    """Let netconvert make ``net.xml``: edges are numbered like links, and every vehicle may turn round at a node.

    Raises
    ------
    subprocess.CalledProcessError
        If netconvert refuses the files.
    """
    import sumo  # type: ignore[import-not-found,import-untyped,unused-ignore]

    nodes = [
        f'<node id="{row}" x="{x * 1000}" y="{y * 1000}" type="priority"/>'
        for row, (x, y) in enumerate(zip(network.x_km, network.y_km, strict=True))
    ]
    edges = [
        f'<edge id="{row}" from="{begin}" to="{end}" numLanes="{N_LANES}" speed="{speed_kmh / 3.6}" length="{km * 1000}"/>'
        for row, (begin, end, km, speed_kmh) in enumerate(
            zip(network.from_node, network.to_node, network.length_km, network.speed_kmh, strict=True)
        )
    ]
    (folder / "nodes.xml").write_text("<nodes>\n" + "\n".join(nodes) + "\n</nodes>\n")
    (folder / "edges.in.xml").write_text("<edges>\n" + "\n".join(edges) + "\n</edges>\n")
    out = folder / "net.xml"
    command = [str(Path(sumo.SUMO_HOME) / "bin" / "netconvert"), "--no-warnings", "--no-internal-links"]
    command += ["--no-turnarounds.geometry", "false", "--output-file", str(out)]
    command += ["--node-files", str(folder / "nodes.xml"), "--edge-files", str(folder / "edges.in.xml")]
    subprocess.run(command, check=True, capture_output=True)
    return out
