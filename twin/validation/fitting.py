"""What the fit asks of runs: the figures that some settings give."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from twin.config import Config, changed
from twin.errors import DataError
from twin.store import open_run
from twin.validation.backtests import BY_NAME
from twin.validation.calibration import Evaluate, Target
from twin.validation.compare import simulate, sort_runs
from twin.validation.facts import Facts, facts_of
from twin.validation.sheet import SHEET, backtests_of


def needed_configs(targets: Sequence[Target]) -> list[str]:
    """Return the scenario files of the backtests that the fitted figures look at."""
    return [BY_NAME[name].config for name in backtests_of(tuple(target.figure for target in targets))]


def figures_by_runs(targets: Sequence[Target], scenarios: Sequence[Config], live: Callable[[Config], Path]) -> Evaluate:
    """Return the function that the fit calls: it runs every scenario with the settings asked for and reads the figures.

    Parameters
    ----------
    targets : sequence of Target
        Whose figures are read.
    scenarios : sequence of Config
        What is run; together they have to cover the backtests of the figures.
    live : callable
        Runs a scenario and returns its folder.
    """

    def evaluate(settings: Mapping[str, float]) -> Mapping[str, float]:
        folders = [live(changed(scenario, dict(settings))) for scenario in scenarios]
        return read_figures(targets, [facts_of(open_run(folder)) for folder in folders])

    return evaluate


def read_figures(targets: Sequence[Target], runs: Sequence[Facts]) -> dict[str, float]:
    """Return the fitted figures of some runs.

    Raises
    ------
    DataError
        If a backtest is not covered by the runs.
    """
    by_backtest = sort_runs(runs)
    missing = [name for name in backtests_of(tuple(target.figure for target in targets)) if name not in by_backtest]
    if missing:
        wanted = ", ".join(f"{BY_NAME[name].n_days} days from {BY_NAME[name].first_day}" for name in missing)
        raise DataError(f"calibration: found no scenario that covers {', '.join(missing)}; wanted {wanted}; add scenarios")
    return {target.figure: simulate(SHEET[target.figure], by_backtest)[0] for target in targets}
