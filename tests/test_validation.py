"""Figures of a made run are those worked out by hand; verdicts, intervals and the page say what they hold."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from tests import synthetic
from twin import __version__
from twin.cli import app
from twin.config import load
from twin.errors import DataError, StoreError
from twin.fleet.calendar import build_calendar
from twin.store import input_hashes
from twin.tables import seeds
from twin.tables.columns import arrow_schema
from twin.tables.results import MATCHES, ValidationTable
from twin.validation import measures as of
from twin.validation import monitored
from twin.validation.backtests import BACKTESTS, BY_NAME, CORE
from twin.validation.compare import NO_TOLERANCE, NOT_RUN, OUTSIDE, UNANSWERED, WITHIN, compare, sort_runs
from twin.validation.facts import Facts, Span
from twin.validation.monitored import monitored_share
from twin.validation.page import definitions, number, percent, score, write_part
from twin.validation.reading import read_facts, require_current, rows_of, write_validation
from twin.validation.sheet import SHEET, WHY_NOT

HOLIDAY, ORDINARY = BY_NAME["national-day-2025"], BY_NAME["ordinary-2025"]
OBSERVED = seeds.read("observed")
ALL_MONITORED = {("n_evse", "highway"): 48_400.0}


def made(
    by_hour: Mapping[tuple[str, str], Any],
    whole: Mapping[tuple[str, str], float],
    first_day: dt.date = HOLIDAY.first_day,
    n_days: int = HOLIDAY.n_days,
    sample: float = 1.0,
    replicate: int = 0,
    tables: Mapping[str, Any] | None = None,
) -> Facts:
    """Return a run whose hourly figures (a number for every hour, or one a day) and whole figures are given."""
    rows: list[tuple[str, str, str, float, float]] = []
    for (metric, layer), value in by_hour.items():
        values = np.repeat(np.broadcast_to(np.asarray(value, np.float64), n_days), 24)
        rows += [(metric, layer, "all", float(hour), x) for hour, x in enumerate(values.tolist())]
    # As many EVSEs at service areas as are monitored in October 2025, unless told: then the platform counts all.
    rows += [(metric, layer, "all", np.nan, value) for (metric, layer), value in (ALL_MONITORED | dict(whole)).items()]
    names = ("metric", "layer", "province", "hour", "value")
    columns = {
        name: np.array(column, object if k < 3 else np.float64)
        for k, (name, column) in enumerate(zip(names, zip(*rows, strict=True), strict=True))
    }
    return Facts("made", first_day, n_days, sample, replicate, {"metrics": columns, **(tables or {})}.get)


def span(facts: Facts) -> Span:
    return Span(facts, facts.first_day, facts.n_days)


STATIONS = {
    "station": np.arange(4),
    "layer": np.array(["highway", "highway", "urban", "urban"], object),
    "zone": np.array(["Shenzhen", "Beijing", "Shenzhen", "Beijing"], object),
}


def station_hours(*rows: tuple[int, int, int, int, float]) -> dict[str, Any]:
    names = ("station", "hour", "n_sessions", "wait_s", "energy_kwh")
    return dict(zip(names, (np.array(column) for column in zip(*rows, strict=True)), strict=True))


@pytest.fixture
def holiday() -> Facts:
    """15 GWh on the first day, 12 on the others; 500,000 sessions a day; 10 M cars and 0.4 M trucks drive on a day."""
    per_day = np.array([15.0] + 7 * [12.0])
    by_hour = {
        ("energy_gwh", "highway"): per_day / 24,
        ("energy_gwh", "all"): 240.0 / 24,
        ("sessions", "highway"): 500_000 / 24,
        ("cars_expressway_entries", "all"): 10e6 / 24,
        ("cars_passages_within_zones", "all"): 0.0,
        ("trucks_expressway_entries", "all"): 0.4e6 / 24,
        ("busy_share", "highway"): 0.3,
        ("power_use_share", "highway"): 0.2,
        ("mean_wait_min", "highway"): 6.0,
        ("share_stations_full", "highway"): np.array([0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2]),
    }
    whole = {("n_evse", "highway"): 50_000.0, ("n_evse", "all"): 4e6, ("rated_power_gw", "all"): 200.0}
    hours = station_hours(
        (0, 3, 900, 900 * 600, 0.0), (1, 3, 99, 99 * 7200, 0.0), (1, 5, 1, 14_400, 0.0), (0, 30, 500, 10**7, 0.0),
        (2, 3, 800, 800 * 9000, 50.0),
    )  # fmt: skip
    return made(by_hour, whole, tables={"stations": STATIONS, "station_hours": hours})


@pytest.fixture
def ordinary() -> Facts:
    by_hour = {
        ("energy_gwh", "highway"): 5.0 / 24,
        ("sessions", "highway"): 250_000 / 24,
        ("cars_expressway_entries", "all"): 5e6 / 24,
        ("cars_passages_within_zones", "all"): 0.0,
        ("trucks_expressway_entries", "all"): 0.2e6 / 24,
        ("energy_gwh", "all"): 200 / 24,
    }
    return made(by_hour, {}, first_day=ORDINARY.first_day, n_days=ORDINARY.n_days)


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        (of.highway_energy_per_day, (15 + 7 * 12) / 8),
        (of.highway_energy, 99.0),
        (of.highway_sessions, 4_000_000.0),
        (of.highway_energy_per_session, 99e6 / 4e6),
        (of.first_day_factor, 15 / (99 / 8)),
        (of.first_day_energy, 15.0),
        (of.sessions_per_evse_day, 10.0),
        (of.energy_per_evse_day, 99e6 / 8 / 50_000),
        (of.passages_per_day, 10.4),
        (of.first_day_passages, 10.4),
        (of.second_day_passages, 10.4),
        (of.share_charging, 0.5 / 10.4),
        (of.time_use, 0.3),
        (of.power_use, 0.2),
        (of.mean_wait, 6.0),
        (of.full_at_the_peak, 0.3),
        (of.full_on_a_usual_day, 1.1 / 8),
        (of.public_energy_of_month, 240 * 31 / 1000),
        (of.public_energy_per_evse_day, 60.0),
        (of.public_power_use, 240 / (200 * 24)),
        (of.highway_share_of_public, 99 / (8 * 240)),
        # 900 sessions waited 10 min, 99 waited 2 h, one 4 h; those of other days and in town do not count.
        (of.long_wait, 2.0),
        (of.longest_wait, 2.0),
    ],
)  # fmt: skip
def test_a_figure_of_one_run_is_the_one_worked_out_by_hand(holiday: Facts, measure: Any, value: float) -> None:
    assert measure(span(holiday)) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("measure", "value"),
    [
        (of.holiday_ratio, 99 / 8 / 5),
        (of.growth, 99 / 8 / 5 - 1),
        (of.passages_ratio, 2.0),
        (of.charging_factor, 99 / 8 / 5 / 2),
    ],
)
def test_a_figure_of_two_runs_is_the_one_worked_out_by_hand(
    holiday: Facts, ordinary: Facts, measure: Any, value: float
) -> None:
    assert measure(span(holiday), span(ordinary)) == pytest.approx(value, rel=1e-12)


def test_a_city_is_counted_off_the_expressways_on_the_days_of_the_observation() -> None:
    later = made({}, {("n_evse", "all"): 1.0}, tables={
        "stations": STATIONS,
        "station_hours": station_hours(
            (2, 24, 1, 0, 300.0), (2, 119, 1, 0, 100.0), (2, 120, 1, 0, 900.0), (0, 30, 1, 0, 70.0), (2, 23, 1, 0, 900.0),
            (3, 30, 1, 0, 50.0),
        ),
    })  # fmt: skip
    usual = made({}, {("n_evse", "all"): 1.0}, ORDINARY.first_day, ORDINARY.n_days, tables={
        "stations": STATIONS, "station_hours": station_hours((2, 0, 1, 0, 700.0), (2, 167, 1, 0, 700.0)),
    })  # fmt: skip
    assert of.shenzhen_ratio(span(later), span(usual)) == pytest.approx((400 / 4) / (1400 / 7))


def test_totals_of_a_sample_are_those_of_the_fleet_and_ratios_stay() -> None:
    by_hour = {("energy_gwh", "highway"): 0.01, ("sessions", "highway"): 100.0, ("cars_expressway_entries", "all"): 1000.0,
               ("cars_passages_within_zones", "all"): 0.0, ("trucks_expressway_entries", "all"): 0.0}  # fmt: skip
    tenth = span(made(by_hour, {}, sample=0.1))
    whole = span(made({key: 10 * value for key, value in by_hour.items()}, {}))
    for measure in (of.highway_energy_per_day, of.highway_sessions, of.passages_per_day, of.share_charging,
                    of.highway_energy_per_session):  # fmt: skip
        assert measure(tenth) == pytest.approx(measure(whole), rel=1e-12)


def test_a_platform_counts_its_share_of_the_evses() -> None:
    """Half of those that stand; never more than all; in 2024 as many fewer as were told; between, on the straight line."""
    some = {("n_evse", "highway"): 96_800.0}
    assert monitored_share(span(made({}, some))) == pytest.approx(0.5)
    assert monitored_share(span(made({}, {("n_evse", "highway"): 40_000.0}))) == 1.0
    assert monitored_share(span(made({}, some, ORDINARY.first_day))) == pytest.approx(0.5)
    year_before = made({}, some, dt.date(2024, 10, 1), 7)
    assert monitored_share(span(year_before)) == pytest.approx(37_960 / 96_800)
    half_way = made({}, some, dt.date(2025, 4, 1), 7)
    assert monitored_share(span(half_way)) == pytest.approx((37_960 + 48_400) / 2 / 96_800)
    assert np.isnan(monitored_share(span(made({}, {("n_evse", "highway"): float("nan")}))))


def test_in_a_sample_a_platform_counts_its_share_of_what_was_published() -> None:
    """66,500 stood at the end of September 2025: 51,500 of the end of 2024 and three quarters of the 20,000 of the year."""
    sampled = made({("energy_gwh", "highway"): 1.0}, {("n_evse", "highway"): 20_000.0}, sample=0.1)
    assert monitored_share(span(sampled)) == pytest.approx(48_400 / 66_500)
    assert monitored.energy_per_day(span(sampled)) == pytest.approx(240.0 * 48_400 / 66_500)


def test_totals_and_growth_are_counted_where_the_platform_counts_and_the_rest_at_all(holiday: Facts) -> None:
    share, earlier = 48_400 / 50_000, made({("energy_gwh", "highway"): 0.25}, {}, dt.date(2024, 10, 1), 7)
    for counted, at_all in (
        (monitored.energy_per_day, of.highway_energy_per_day), (monitored.energy, of.highway_energy),
        (monitored.sessions, of.highway_sessions), (monitored.first_day_energy, of.first_day_energy),
        (monitored.share_charging, of.share_charging), (monitored.share_of_public, of.highway_share_of_public),
    ):  # fmt: skip
        assert counted(span(holiday)) == pytest.approx(share * at_all(span(holiday)), rel=1e-12)
    grown = share * 12.375 / (37_960 / 48_400 * 6.0) - 1.0
    assert monitored.growth(span(holiday), span(earlier)) == pytest.approx(grown, rel=1e-12)


def row_of(table: ValidationTable, figure: str) -> dict[str, Any]:
    return next(row for row in rows_of(table) if row["figure"] == figure)


def test_verdicts_follow_error_and_tolerance(holiday: Facts, ordinary: Facts) -> None:
    table = compare(OBSERVED, [holiday, ordinary])
    assert len(table.figure) == len(OBSERVED["id"])
    energy = row_of(table, "C1")
    counted = 12.375 * 48_400 / 50_000
    assert energy["simulated"] == pytest.approx(counted)
    assert energy["error"] == pytest.approx(counted / 15.36 - 1)
    assert "at all EVSEs 12.38" in energy["why"]
    assert energy["verdict"] == OUTSIDE
    assert row_of(table, "C2")["verdict"] == WITHIN  # 2.475 for 2.59, a tenth allowed
    assert row_of(table, "C3")["verdict"] == WITHIN  # 24.75 for 23.8
    assert row_of(table, "C7")["verdict"] == WITHIN  # 0.0466 for 0.052
    assert row_of(table, "V-energy_day_peak-20251001")["verdict"] == NO_TOLERANCE
    assert row_of(table, "C13")["verdict"] == NOT_RUN
    assert "december-2025" in row_of(table, "C13")["why"]
    assert row_of(table, "V-kwh_per_session_henan-202402-HA")["verdict"] == UNANSWERED
    assert row_of(table, "V-monitored_guns-202510")["verdict"] == UNANSWERED
    assert set(table.verdict) <= set(MATCHES)


def test_a_run_longer_than_a_backtest_is_cut_to_its_days_and_a_shorter_one_is_not_used() -> None:
    per_day = np.array([100.0, 100.0, 15.0] + 7 * [12.0] + [100.0])
    long = made({("energy_gwh", "highway"): per_day / 24}, {}, HOLIDAY.first_day - dt.timedelta(days=2), 11)
    assert row_of(compare(OBSERVED, [long]), "C1")["simulated"] == pytest.approx(12.375)
    short = made({("energy_gwh", "highway"): 1.0}, {}, HOLIDAY.first_day, HOLIDAY.n_days - 1)
    assert row_of(compare(OBSERVED, [short]), "C1")["verdict"] == NOT_RUN


def test_a_tolerance_is_met_at_its_edge() -> None:
    exact = made({("energy_gwh", "highway"): 15.36 * 1.1 / 24}, {})
    beyond = made({("energy_gwh", "highway"): 15.36 * 1.1001 / 24}, {})
    assert row_of(compare(OBSERVED, [exact]), "C1")["verdict"] == WITHIN
    assert row_of(compare(OBSERVED, [beyond]), "C1")["verdict"] == OUTSIDE


def test_replicates_give_an_interval_around_number_0() -> None:
    runs = [made({("energy_gwh", "highway"): gwh / 24}, {}, replicate=k) for k, gwh in enumerate((15.0, 11.0, 16.0, 21.0))]
    energy = row_of(compare(OBSERVED, runs), "C1")
    assert energy["simulated"] == pytest.approx(15.0)
    assert (energy["low"], energy["high"]) == (pytest.approx(11 + 0.15 * 4), pytest.approx(16 + 0.85 * 5))
    without_0 = row_of(compare(OBSERVED, runs[1:]), "C1")
    assert without_0["simulated"] == pytest.approx(16.0)
    alone = row_of(compare(OBSERVED, runs[:1]), "C1")
    assert alone["low"] is None


def test_unnumbered_runs_of_the_same_days_are_numbered_in_their_order() -> None:
    first, second = (made({("energy_gwh", "highway"): gwh}, {}) for gwh in (1.0, 2.0))
    assert sort_runs([first, second])[HOLIDAY.name] == {0: first, 1: second}


def test_a_sample_is_shown_but_not_judged_where_every_station_counts(holiday: Facts) -> None:
    sampled = Facts("made", holiday.first_day, holiday.n_days, 0.5, 0, holiday.read)
    table = compare(OBSERVED, [sampled])
    per_evse = row_of(table, "C4")
    assert per_evse["verdict"] == UNANSWERED
    assert per_evse["simulated"] == pytest.approx(10.0)
    assert "sample" in per_evse["why"]
    assert row_of(table, "C3")["verdict"] == WITHIN
    assert "a sample of 0.5 of the fleet" in row_of(table, "C3")["why"]


def test_a_figure_that_the_tables_do_not_give_is_not_a_verdict() -> None:
    assert row_of(compare(OBSERVED, [made({("sessions", "highway"): 0.0}, {})]), "C3")["verdict"] == UNANSWERED


def test_every_row_to_fit_or_to_test_has_a_measure_or_a_reason() -> None:
    judged = {figure for figure, use in zip(OBSERVED["id"], OBSERVED["use"], strict=True) if use != "context"}
    assert judged <= set(SHEET) | set(WHY_NOT)
    assert set(SHEET) | set(WHY_NOT) <= set(OBSERVED["id"])
    assert not set(SHEET) & set(WHY_NOT)


@pytest.mark.parametrize("backtest", BACKTESTS, ids=lambda backtest: backtest.name)
def test_a_backtest_has_a_scenario_that_lives_its_days(repository: Path, backtest: Any) -> None:
    config = load(repository / "configs" / backtest.config)
    facts = Facts("", config.period.start_date, config.period.n_days, 1.0, 0, dict.__getitem__)
    assert Span(facts, backtest.first_day, backtest.n_days).is_covered
    assert config.fleet.sample == 1.0
    assert build_calendar(config)
    assert set(CORE) <= set(BY_NAME)
    assert any(backtest.name in entry.backtests for entry in SHEET.values())


def test_the_definitions_on_the_page_are_those_of_the_code(repository: Path) -> None:
    """Regenerate with ``twin validate --write docs/validation.md``."""
    page = (repository / "docs" / "validation.md").read_text(encoding="utf-8")
    assert f"<!-- definitions -->\n\n{definitions()}\n<!-- end of definitions -->\n" in page


def test_the_score_lists_what_was_simulated_and_counts_verdicts(holiday: Facts) -> None:
    text = score(compare(OBSERVED, [holiday]))
    assert "| `C1` |" in text
    assert "| 11.98 | - | -22 % | 10 % | outside |" in text
    assert "`V-monitored_guns-202510`" not in text
    n_judged = int((OBSERVED["use"] != "context").sum())
    assert f"Of {n_judged} figures to fit or to test against: 5 within, 4 outside, " in text
    assert "`V-monitored_guns-202510`" in score(compare(OBSERVED, [holiday]), with_all=True)


def test_numbers_are_written_for_people() -> None:
    assert [number(x) for x in (float("nan"), 0.056, 12.375, 3_100_000.0)] == ["-", "0.056", "12.38", "3,100,000"]
    assert [percent(x, "+") for x in (0.1, -0.25, float("nan"))] == ["+10 %", "-25 %", "-"]


@pytest.mark.parametrize("ending", ["parquet", "json", "md"])
def test_the_table_is_written_by_the_ending_of_the_file(tmp_path: Path, holiday: Facts, ending: str) -> None:
    table = compare(OBSERVED, [holiday])
    path = write_validation(table, tmp_path / f"v.{ending}")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    if ending == "parquet":
        back = pq.read_table(path)
        assert back.schema.equals(arrow_schema(ValidationTable))
        assert back.column("simulated").to_pylist()[0] == pytest.approx(12.375 * 48_400 / 50_000)
    else:
        assert "C1" in path.read_text(encoding="utf-8")
    assert write_validation(table, tmp_path).name == "validation.parquet"
    with pytest.raises(DataError, match="ending"):
        write_validation(table, tmp_path / "v.xlsx")


def test_a_part_of_a_page_is_renewed_and_the_rest_stays(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("before\n<!-- score -->\nold\n<!-- end of score -->\nafter\n", encoding="utf-8")
    write_part(page, "score", "new\n")
    assert page.read_text(encoding="utf-8") == "before\n<!-- score -->\n\nnew\n\n<!-- end of score -->\nafter\n"
    with pytest.raises(DataError, match="found no lines"):
        write_part(page, "definitions", "x")


def test_the_program_refuses_what_is_no_run_and_no_backtest(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["validate", str(tmp_path)])
    assert done.exit_code == 2
    assert "manifest.json" in done.stderr
    done = CliRunner().invoke(app, ["validate", "--backtest", "national-day-1999"])
    assert done.exit_code == 2
    assert "national-day-1999" in done.stderr


def test_a_run_folder_is_read_and_one_of_other_seeds_is_not_taken_for_a_new_run(tmp_path: Path) -> None:
    fake = synthetic.fake_run(n_hours=24)
    folder = synthetic.write_run(tmp_path / "run", fake)
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["config"] = {"period": {"start_date": "2025-10-01", "n_days": 1}, "fleet": {"sample": 0.5}}
    manifest["replicate"] = 3
    path.write_text(json.dumps(manifest), encoding="utf-8")
    facts = read_facts(folder)
    assert (facts.first_day, facts.n_days, facts.sample, facts.replicate) == (HOLIDAY.first_day, 1, 0.5, 3)
    assert facts.whole("n_vehicles") == 66_400
    assert np.isfinite(facts.hourly("energy_gwh", "highway")).all()
    assert facts.hourly("energy_gwh", "highway").sum() == pytest.approx(facts.whole("energy_gwh", "highway"))
    with pytest.raises(DataError, match="made with another"):
        require_current(folder)
    manifest["inputs"], manifest["versions"] = input_hashes(), {"twin": __version__}
    path.write_text(json.dumps(manifest), encoding="utf-8")
    require_current(folder)
    del manifest["config"]["period"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(StoreError, match="wanted the run of a nation"):
        read_facts(folder)
