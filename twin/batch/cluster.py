"""Cells as tasks of a Ray cluster. Their folders lie on a disk that every node sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from twin.batch.cell import Ended, Simulate, live
from twin.batch.plan import Cell

__all__ = ["run_on_ray"]

POLL_S = 0.5
N_RETRIES = 4
"""Times that a cell is begun again after its node died."""
Watch = Callable[[Sequence[Cell]], None]


def run_on_ray(ray: Any, cells: Sequence[Cell], simulate: Simulate, watch: Watch) -> Iterator[tuple[Cell, Ended]]:
    """Run cells and yield each as it ends; a cell whose node dies begins again elsewhere."""
    task = ray.remote(max_retries=N_RETRIES, retry_exceptions=False)(live)
    waiting = {}
    for cell in cells:
        workers = cell.config.compute.workers
        sized = replace(cell, n_threads=workers if isinstance(workers, int) else 1)
        if not _has_room(ray, sized):
            wanted = f"{sized.n_threads} CPUs and {sized.needed_bytes / 1e9:.1f} GB"
            yield cell, Ended(f"no node of the cluster has {wanted}; set fleet.sample, or add a larger node", 0.0)
            continue
        request = {"num_cpus": sized.n_threads, "memory": sized.needed_bytes, "name": sized.name}
        waiting[task.options(**request).remote(simulate, sized)] = sized
    while waiting:
        done, _ = ray.wait(list(waiting), num_returns=1, timeout=POLL_S)
        watch(list(waiting.values()))
        for reference in done:
            cell = waiting.pop(reference)
            try:
                ended = ray.get(reference)
            except ray.exceptions.RayError as fault:
                ended = Ended(f"lost on the cluster: {str(fault).splitlines()[0]}", 0.0)
            if not ended.reason and not cell.folder.is_dir():
                ended = Ended(f"{cell.folder} is not on a disk that all nodes share", ended.wall_s)
            yield cell, ended


def _has_room(ray: Any, cell: Cell) -> bool:
    """Return whether some node could hold a cell if nothing else ran there."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return any(node.get("CPU", 0) >= cell.n_threads and node.get("memory", 0) >= cell.needed_bytes for node in nodes)
