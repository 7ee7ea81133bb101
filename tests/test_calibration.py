"""A fit finds what was hidden, repeats itself, and never sees a row held out for tests."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from twin.config import changed, load, setting
from twin.errors import ConfigError, DataError
from twin.tables import seeds
from twin.tables.seeds import folder_of_seeds
from twin.validation import fitted
from twin.validation.calibration import Fit, Target, fit, read_targets, worst
from twin.validation.fitting import needed_configs


def target(
    parameter: str = "travel.trip_factor", figure: str = "C6b", observed: float = 8.0, response: float = 1.0
) -> Target:
    return Target(parameter, figure, 0.1, 10.0, response, observed, 0.05)


@given(some.floats(0.3, 3.0), some.floats(0.3, 2.5), some.sampled_from((-1.0, 1.0)))
def test_a_power_law_is_met_whatever_its_exponent(start: float, exponent: float, sign: float) -> None:
    """Figure = 8 (x / 1.3) ** (sign * exponent): the fit finds 1.3, or ends where the figure is within its tolerance."""

    def evaluate(settings: Mapping[str, float]) -> Mapping[str, float]:
        return {"C6b": 8.0 * (settings["travel.trip_factor"] / 1.3) ** (sign * exponent)}

    (found,) = fit([target(response=sign)], {"travel.trip_factor": start}, evaluate, 10)
    assert found.is_met
    assert found.value == pytest.approx(1.3, rel=0.05 / exponent)


def test_coupled_settings_are_met_together() -> None:
    targets = [target(), target("behaviour.prepared_share", "C1", 15.0, -0.5)]

    def evaluate(settings: Mapping[str, float]) -> Mapping[str, float]:
        x, y = settings["travel.trip_factor"], settings["behaviour.prepared_share"]
        return {"C6b": 6.0 * x, "C1": 12.0 * x**0.8 * y**-0.6}

    fits = fit(targets, {"travel.trip_factor": 1.0, "behaviour.prepared_share": 0.7}, evaluate, 8)
    assert all(found.is_met for found in fits)
    assert fits[0].value == pytest.approx(8 / 6, rel=0.05)


def test_a_figure_out_of_reach_ends_at_the_edge_of_the_range_with_the_best_round() -> None:
    (found,) = fit([target(observed=800.0)], {"travel.trip_factor": 1.0}, lambda x: {"C6b": x["travel.trip_factor"]}, 9)
    assert found.value == 10.0
    assert not found.is_met
    assert found.n_rounds < 9


def test_a_fit_that_is_close_enough_runs_once() -> None:
    calls = []

    def evaluate(settings: Mapping[str, float]) -> Mapping[str, float]:
        calls.append(dict(settings))
        return {"C6b": 8.05}

    (found,) = fit([target()], {"travel.trip_factor": 1.0}, evaluate)
    assert (found.value, len(calls)) == (1.0, 1)
    assert worst([target()], {"C6b": 8.4}) == pytest.approx(1.0)


def test_a_figure_of_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="larger sample"):
        fit([target()], {"travel.trip_factor": 1.0}, lambda _: {"C6b": 0.0})


def spoilt(folder: Path, use: str) -> Path:
    """Copy the seeds and put garbage into every row of a use."""
    for name in ("observed", "calibration"):
        shutil.copy(folder_of_seeds() / f"{name}.csv", folder)
    path = folder / "observed.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    n_spoilt = 0
    for row in rows:
        if row["use"] == use:
            row.update(value="garbage", figure="", unit=" x ", tolerance_rel="-7", source="", confidence="none")
            row["id"] = "C1"
            n_spoilt += 1
    assert n_spoilt > 3
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.mark.parametrize("use", ["test", "context"])
def test_rows_held_out_are_never_read(tmp_path: Path, use: str) -> None:
    """Garbage in every one of them changes nothing of what the fit is given; in the rows to fit it is refused."""
    folder = spoilt(tmp_path, use)
    assert read_targets(folder) == read_targets()
    with pytest.raises(DataError):
        seeds.read("observed", folder)


def test_garbage_in_rows_to_fit_is_refused_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"observed\.csv:2: .*garbage"):
        read_targets(spoilt(tmp_path, "fit"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("travel.trip_factor,C3,0.5,2,1,own,low", "a row with use 'fit'"),
        ("travel.trip_factor,C6b,2,0.5,1,own,low", "low < high"),
        ("travel.trip_factor,C6b,0.5,2,0,own,low", "response not 0"),
        ("travel.trip_factor,C6b,0.5,2,1,own,low\ntravel.local_factor,C6b,0.5,2,1,own,low", "a second time"),
    ],
)
def test_a_wrong_table_of_fits_is_refused(tmp_path: Path, line: str, said: str) -> None:
    shutil.copy(folder_of_seeds() / "observed.csv", tmp_path)
    head = "parameter,figure,low,high,response,source,confidence"
    (tmp_path / "calibration.csv").write_text(f"{head}\n{line}\n", encoding="utf-8")
    with pytest.raises(DataError, match=said):
        read_targets(tmp_path)


def test_what_may_be_fitted_is_a_setting_and_is_fitted_to_rows_marked_so(repository: Path) -> None:
    observed = seeds.read("observed")
    use = dict(zip(observed["id"], observed["use"], strict=True))
    config = load(repository / "configs" / "default.yaml")
    for found in read_targets():
        assert use[found.figure] == "fit"
        assert found.low <= float(setting(config, found.parameter)) <= found.high
        for value in (found.low, found.high):
            changed(config, {found.parameter: value})
    assert all((repository / "configs" / name).is_file() for name in needed_configs(read_targets()))


def test_a_fit_is_written_as_a_seed_and_as_the_scenario_that_carries_it(tmp_path: Path, repository: Path) -> None:
    fits = [Fit(target(), 1.2345678, 8.1, 3), Fit(target("behaviour.prepared_share", "C1", 15.0), 0.61, 20.0, 3)]
    (tmp_path / "fitted.csv").write_text(fitted.fitted_csv(fits, dt.date(2026, 11, 22), "a test"), encoding="utf-8")
    table = fitted.read(tmp_path)
    assert table["value"].tolist() == [1.235, 0.61]
    assert table["rows"].tolist() == ["C6b", "C1"]
    assert table["date"].tolist() == ["2026-11-22"] * 2
    assert table["confidence"].tolist() == ["medium", "low"]
    shutil.copy(repository / "configs" / "default.yaml", tmp_path)
    (tmp_path / "fitted.yaml").write_text(fitted.fitted_yaml(table), encoding="utf-8")
    config = load(tmp_path / "fitted.yaml")
    assert (config.travel.trip_factor, config.behaviour.prepared_share) == (1.235, 0.61)


def test_the_scenario_of_fitted_settings_is_made_from_the_seed(repository: Path) -> None:
    """Regenerate with ``twin calibrate --write .``."""
    text = (repository / "configs" / "fitted.yaml").read_text(encoding="utf-8")
    assert text == fitted.fitted_yaml(fitted.read())
    names = {found.parameter for found in read_targets()}
    assert set(fitted.read()["parameter"]) == names
    for scenario in ("national-2025", "national-2027", "backtest-ordinary-2025"):
        assert "extends: fitted.yaml" in (repository / "configs" / f"{scenario}.yaml").read_text(encoding="utf-8")


def test_settings_are_changed_by_name_and_checked(repository: Path) -> None:
    config = load(repository / "configs" / "default.yaml")
    other = changed(config, {"behaviour.patience_s": 1800.4, "fleet.province_factors": {"GD": 1.5}})
    assert (other.behaviour.patience_s, other.fleet.province_factors) == (1800, {"GD": 1.5})
    assert config.behaviour.patience_s == 2700
    assert changed(config, {}) == config
    for wrong in ({"travel.nothing": 1.0}, {"nothing.at_all": 1.0}, {"fleet.sample": 2.0}, {"travel.trip_factor": "x"}):
        with pytest.raises(ConfigError):
            changed(config, wrong)
