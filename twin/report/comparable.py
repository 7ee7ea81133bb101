"""Which runs may be held against each other, what each is called, and in what settings they differ."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.errors import DataError, Faults, StoreError
from twin.report.figures import Figures
from twin.report.intervals import spreads
from twin.report.language import ENGLISH, Language
from twin.store import Run, open_run

FEWEST, MOST = 2, 12
"""Runs on one page; a reader tells no more than a dozen lines apart."""
SAME = (
    ("scenario.extent", "the same extent"),
    ("period.n_days", "as many days"),
    ("fleet.sample", "the same share of the fleet"),
)
"""Settings in which runs must agree: totals over other places, days or vehicles are no difference of a scenario."""
UNSAID = ("scenario.name", "scenario.title", "scenario.description", "compute.", "output.")
"""Settings that change no result."""


@dataclass(frozen=True)
class Compared:
    """A run under the name it has on the page.

    Attributes
    ----------
    label : str
        Name of the scenario; with the folder where two runs have one name.
    run : Run
        Its tables.
    figures : Figures
        Its ``metrics.parquet``.
    settings : dict of str to object
        Every setting by its dotted name.
    """

    label: str
    run: Run
    figures: Figures
    settings: dict[str, Any]

    @property
    def is_first_of_batch(self) -> bool:
        """Whether the other scenarios of its batch were held against it."""
        spread = self.figures.spread.values()
        return bool(spread) and all(math.isnan(found.difference) for found in spread)


def open_all(folders: Sequence[Path], say: Language = ENGLISH) -> list[Compared]:
    """Open the runs of a comparison, the first being what the others are held against.

    Raises
    ------
    DataError
        If there are too few or too many, one is given twice, is no run or is damaged, or they cannot be compared; all
        reasons at once.
    """
    faults = Faults()
    if not FEWEST <= len(folders) <= MOST:
        faults.add("runs to compare", len(folders), f"{FEWEST} to {MOST}", "give as many run folders")
    for place, folder in enumerate(folders):
        if folder.resolve() in [other.resolve() for other in folders[:place]]:
            faults.add(str(folder), "the same folder twice", "different runs", "leave it out once")
    opened = [run for folder in folders if (run := _open(folder, faults)) is not None]
    faults.raise_if_any(DataError)
    _must_agree(opened, faults)
    faults.raise_if_any(DataError)
    return [
        Compared(label, run, Figures(run.arrays("metrics"), say, spreads(run)), dict(_flat(run.manifest["config"])))
        for label, run in zip(_labels(opened), opened, strict=True)
    ]


def differing(runs: Sequence[Compared]) -> list[tuple[str, list[Any]]]:
    """Return each setting in which the runs differ, with the value of every run; None where a run has no such setting."""
    names = sorted({name for run in runs for name in run.settings if not name.startswith(UNSAID)})
    found = [(name, [run.settings.get(name) for run in runs]) for name in names]
    return [(name, values) for name, values in found if any(value != values[0] for value in values)]


def _open(folder: Path, faults: Faults) -> Run | None:
    """Open a run and read what every comparison needs; note why it cannot be."""
    if not (folder / "manifest.json").is_file():
        faults.add(str(folder), "no manifest.json", "the folder of a finished run", "check the path")
        return None
    try:
        run = open_run(folder)
        for name in ("metrics", "stations"):
            run.table(name)
    except StoreError as error:
        faults.add(str(folder), f"a damaged run ({error})", "a complete run folder", "run the scenario again")
        return None
    return run


def _must_agree(runs: Sequence[Run], faults: Faults) -> None:
    """Note the settings in which the runs must agree and do not."""
    settings = [dict(_flat(run.manifest["config"])) for run in runs]
    for name, words in SAME:
        for run, other in zip(runs[1:], settings[1:], strict=True):
            if other.get(name) != settings[0].get(name):
                wanted = f"{words} as {runs[0].path.name}, {settings[0].get(name)}"
                faults.add(f"{run.path}: {name}", other.get(name), wanted, "compare runs of one extent, length and sample")


def _labels(runs: Sequence[Run]) -> list[str]:
    """Return the names of the scenarios; where two runs have one name, those of their folders too, or their numbers."""
    names = [str(run.manifest["scenario"]) for run in runs]
    told = [f"{name} in {run.path.name}" if names.count(name) > 1 else name for name, run in zip(names, runs, strict=True)]
    return [f"{label} ({k + 1})" if told.count(label) > 1 else label for k, label in enumerate(told)]


def _flat(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every setting by its dotted name; an empty mapping is a setting too."""
    for name, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
