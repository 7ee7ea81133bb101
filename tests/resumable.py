"""A small nation run with checkpoints, as a program that kills itself at an instant; what goes on after it is tested.

    python -m tests.resumable OUT [DIE_AT]

An instant is the number of things done: hours lived, arrays written, files renamed.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.nation import small_given, with_everything, with_second_road
from twin.agents import GridOperator, StationOperator
from twin.config.grid import Grid
from twin.engine import world as engine_world
from twin.engine.world import build_world
from twin.model import TwinModel
from twin.store import Checkpoints, RunWriter, checkpoint
from twin.tables.state import FREE

N_DAYS = 3
NATION = {"n_vehicles": 800, "n_zones": 3, "n_days": N_DAYS, "n_evse": 2, "soc": 0.4, "site_limit_share": 0.5}
SETTINGS = {"scenario": {"seed": 1}, "period": {"n_days": N_DAYS}, "compute": {"workers": 1}}
ALIVE = ["vehicle", "phase", "energy_ws", "pool", "link", "place", "goal", "errand", "stop_link"]
NATION_RULES = {"reservation_share": 0.3, "reroute_every_s": 3600, "navigation_share": 0.7}


def build(append: Any, on_hour: Any = lambda *_: None, n_workers: int = 1, cut_for: int | None = None) -> TwinModel:
    """Return the nation at 00:00 of day 0."""
    given = with_everything(with_second_road(small_given(**NATION | NATION_RULES), capacity_per_h=20.0))
    told = SimpleNamespace(sessions="all", sessions_sample_share=1.0, station_hours=True, links=True)
    config: Any = SimpleNamespace(
        scenario=SimpleNamespace(seed=1), output=told, stations=SimpleNamespace(module_efficiency=0.9),
        grid=Grid(dynamic_price_step_cny_per_kwh=0.3),
    )  # fmt: skip
    regions = SimpleNamespace(province_code=["AA", "BB"], zone_province=np.array([0, 1, 1]))
    stations = SimpleNamespace(operator=np.arange(len(given.stations.zone)) % 2)
    inventory = SimpleNamespace(stations=stations, operator_names=["Left", "Right"], built=None)
    base = SimpleNamespace(base_kw=np.full((3, 96 * N_DAYS), 900.0), peak_kw=np.full(3, 1000.0))
    prices = SimpleNamespace(is_cheap=np.tile(np.arange(24) < 7, (2, 1)))
    supply: Any = SimpleNamespace(inventory=inventory, base=base, prices=prices)
    places: Any = SimpleNamespace(regions=regions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine_world, "ROWS_A_SHARD", NATION["n_vehicles"] // 2)
        world = build_world(given, n_workers, cut_for)
    return TwinModel(world, places, supply, config, append, on_hour)


def run(
    out: Path, *, resume: bool, on_hour: Any = lambda *_: None, settings: Any = SETTINGS, every_days: int = 1,
    employ: Any = lambda world: nullcontext(),
) -> Path:  # fmt: skip
    """Live the nation into a run folder, as `twin.run.run` does, and write down all that is left at the end."""
    with Checkpoints(out, settings, every_days, resume) as kept, RunWriter(out, kept.spool) as writer:
        model = build(writer.append, on_hour, cut_for=kept.cut_for)
        if kept.last is not None:
            kept.restore(model.restore)
        with employ(model.world):
            while not model.is_over:
                model.step()
                if kept.is_due(model.day) and not model.is_over:
                    writer.drain()
                    kept.save(model.facts(), model.arrays(), 1.0)
            model.finish()
        writer.write_json("end", end_of(model))
        return writer.commit()


def end_of(model: TwinModel) -> dict[str, Any]:
    """Return hashes of everything that a model holds at the end of its last day, and what its agents published."""
    totals = model.finish()
    seen = hashlib.sha256()
    for name, array in sorted(model.arrays()):
        is_slots = name.startswith("world.active.")
        in_use = array[array["phase"] != FREE] if is_slots else array
        # What else a slot holds is left from who was there before, until its driver needs it.
        for column in ALIVE if is_slots else in_use.dtype.names or [...]:
            seen.update(np.ascontiguousarray(in_use[column]).tobytes())
    return {
        "state": seen.hexdigest(),
        "counts": totals.counts,
        "laws": [law.holds for law in totals.laws],
        "bulletins": repr([model.bulletins(kind) for kind in (StationOperator, GridOperator)]),
    }


def bytes_of(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file of a run."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Reaper:
    """Counts what is done, and ends the process at the given count as nothing else can."""

    def __init__(self, die_at: int) -> None:
        self.left = die_at

    def __call__(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, function: Any) -> Any:
        """Return the function, counted before it begins."""
        return lambda *positional, **named: (self(), function(*positional, **named))[1]


def main(out: str, die_at: str = "-1") -> None:
    """Run, or go on with what is there, up to the instant."""
    reaper = Reaper(int(die_at))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "write_array", reaper.before(checkpoint.write_array))
        patch.setattr(checkpoint, "_write_synced", reaper.before(checkpoint._write_synced))
        patch.setattr(Path, "rename", reaper.before(Path.rename))
        run(Path(out), resume=True, on_hour=reaper)


if __name__ == "__main__":
    main(*sys.argv[1:])
