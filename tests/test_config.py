"""Settings mean what they say: defaults, merging, types and identity."""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from twin.config import Config, config_hash, load, schema
from twin.config.marks import read_scalar

Write = Callable[[str, str], str]


# What is generated


@pytest.mark.parametrize(("name", "text"), [("default.yaml", schema.default_yaml), ("schema.json", schema.json_schema)])
def test_generated_files_have_not_drifted(repository: Path, name: str, text: object) -> None:
    kept = (repository / "configs" / name).read_text(encoding="utf-8")
    wanted = text()  # type: ignore[operator]
    difference = "".join(difflib.unified_diff(kept.splitlines(True), wanted.splitlines(True), name, "the models"))
    assert not difference, f"run `twin schema --write configs`\n{difference}"


def test_default_file_says_what_the_models_say(repository: Path) -> None:
    assert load(repository / "configs" / "default.yaml") == Config()


def test_every_setting_has_a_default_and_a_meaning() -> None:
    for section, info in Config.model_fields.items():
        model = info.annotation
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        for name, field in model.model_fields.items():
            assert not field.is_required(), f"{section}.{name}"
            assert field.description, f"{section}.{name}"


def test_a_setting_with_a_unit_in_its_name_says_the_unit() -> None:
    units = {"_s": "(s)", "_cny_per_kwh": "(CNY/kWh)", "_cny_per_h": "(CNY/h)", "_gb": "(GB)", "_soc": "(0..1)"}
    n_checked = 0
    for section in Config.model_fields.values():
        for name, field in section.annotation.model_fields.items():  # type: ignore[union-attr]
            for ending, unit in units.items():
                if name.endswith(ending):
                    n_checked += 1
                    assert unit in field.description, name
    assert n_checked >= 8


def test_schema_describes_each_setting_and_allows_extends() -> None:
    document = json.loads(schema.json_schema())
    assert set(document["properties"]) == {"extends", *Config.model_fields}
    for section in document["$defs"].values():
        assert section["additionalProperties"] is False
        assert all("description" in setting for setting in section["properties"].values())


def test_shipped_scenarios_read_and_are_named_after_their_files(repository: Path) -> None:
    names = sorted(path.stem for path in (repository / "configs").glob("*.yaml"))
    assert {"default", "national-2025", "national-2027", "smoke"} <= set(names)
    for name in names:
        assert load(repository / "configs" / f"{name}.yaml").scenario.name == name


def test_national_2027_is_the_whole_fleet_through_national_day(repository: Path) -> None:
    config = load(repository / "configs" / "national-2027.yaml")
    assert (config.fleet.sample, config.fleet.year, config.stations.stock) == (1.0, "2027", "2027-12")
    assert (config.period.start_date, config.period.n_days) == (dt.date(2027, 10, 1), 8)
    assert config.period.n_windows == 8 * 288


# What is read


def test_yaml_1_2_reads_no_and_clock_times_as_words(write: Write) -> None:
    write("a.yaml", 'scenario: {name: "no", title: NO, description: 18:30}\n')
    scenario = load("a.yaml").scenario
    assert (scenario.title, scenario.description) == ("NO", "18:30")
    assert read_scalar("1e-3") == 0.001
    assert read_scalar("off") == "off"


def test_a_date_may_be_quoted_or_not(write: Write) -> None:
    for text in ("2027-02-06", "'2027-02-06'"):
        write("a.yaml", f"period: {{start_date: {text}}}\n")
        assert load("a.yaml").period.start_date == dt.date(2027, 2, 6)


def test_a_year_may_be_written_bare(write: Write) -> None:
    write("a.yaml", "fleet: {year: 2025}\n")
    assert load("a.yaml").fleet.year == "2025"


def test_empty_file_and_empty_section_override_nothing(write: Write) -> None:
    write("a.yaml", "")
    write("b.yaml", "fleet:\n")
    assert load("a.yaml") == load("b.yaml") == Config()


def test_the_nearest_file_wins_setting_by_setting(write: Write) -> None:
    write("deep/base.yaml", "fleet: {sample: 0.5, home_access_factor: 2.0}\nstations: {province_factors: {GD: 2.0}}\n")
    write("middle.yaml", "extends: deep/base.yaml\nfleet: {sample: 0.25}\nstations: {province_factors: {BJ: 3.0}}\n")
    write("top.yaml", "extends: middle.yaml\nfleet: {n_vehicles: 7}\n")
    config = load("top.yaml", ["fleet.n_vehicles=8", "stations.province_factors.BJ=4.0"])
    assert (config.fleet.sample, config.fleet.home_access_factor, config.fleet.n_vehicles) == (0.25, 2.0, 8)
    assert config.stations.province_factors == {"GD": 2.0, "BJ": 4.0}


def test_overrides_are_yaml_values(write: Write) -> None:
    write("a.yaml", "")
    config = load("a.yaml", ["fleet.n_vehicles=null", "grid.price=flat", "stations.stock='2025-12'"])
    assert (config.fleet.n_vehicles, config.grid.price, config.stations.stock) == (None, "flat", "2025-12")
    assert load("a.yaml", ["stations.province_factors={GD: 1.5}"]).stations.province_factors == {"GD": 1.5}


def test_windows_fill_the_days() -> None:
    period = Config().period
    assert period.n_windows_per_day * period.window_s == 86_400
    assert period.n_seconds == period.n_windows * period.window_s == 8 * 86_400


@pytest.mark.parametrize(("month", "season"), [(1, "winter"), (5, "spring_autumn"), (7, "summer"), (12, "winter")])
def test_season_follows_the_first_day(write: Write, month: int, season: str) -> None:
    write("a.yaml", f"period: {{start_date: 2027-{month:02d}-03}}\n")
    assert load("a.yaml").period.season == season


# What identifies a run


def test_hash_ignores_machine_and_prose_and_nothing_else(write: Write) -> None:
    write("a.yaml", "")
    plain = config_hash(Config())
    assert len(plain) == 64
    for same in ("compute.workers=3", "compute.memory_limit_gb=4", "scenario.title=Other"):
        assert config_hash(load("a.yaml", [same])) == plain
    others = ("scenario.seed=1", "period.n_days=1", "fleet.sample=0.5", "output.links=false", "behaviour.n_tries=2")
    assert len({plain, *(config_hash(load("a.yaml", [other])) for other in others)}) == len(others) + 1


def test_hash_does_not_depend_on_the_order_of_keys(write: Write) -> None:
    write("a.yaml", "stations: {province_factors: {GD: 2.0, BJ: 3.0}}\n")
    write("b.yaml", "stations: {province_factors: {BJ: 3.0, GD: 2.0}}\n")
    assert config_hash(load("a.yaml")) == config_hash(load("b.yaml"))


def test_resolved_reads_back_as_the_same_configuration(write: Write) -> None:
    write("a.yaml", "fleet: {sample: 0.5}\nperiod: {start_date: 2027-02-06}\n")
    config = load("a.yaml")
    write("b.yaml", json.dumps(config.resolved()))
    assert load("b.yaml") == config


def test_a_configuration_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().fleet.sample = 0.5
