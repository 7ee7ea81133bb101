"""Everything wrong with a scenario is told at once, each fault at its place, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from twin.config import load
from twin.errors import ConfigError, Faults

Write = Callable[[str, str], str]

PROVINCES = (
    "'BJ', 'TJ', 'HE', 'SX', 'NM', 'LN', 'JL', 'HL', 'SH', 'JS', 'ZJ', 'AH', 'FJ', 'JX', 'SD', 'HA', 'HB', 'HN', 'GD', "
    "'GX', 'HI', 'CQ', 'SC', 'GZ', 'YN', 'XZ', 'SN', 'GS', 'QH', 'NX' or 'XJ'"
)
YEARS = "^(20(23|24|25|26|27)|20(24|25|26|27)-(0[1-9]|1[0-2])|2027-low|2027-stress)$"
POSITIVE = "Input should be greater than or equal to 1"


def faults_of(name: str, overrides: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(name, overrides)
    return str(caught.value).splitlines()


def test_all_faults_at_once_each_at_its_place_across_files(write: Write) -> None:
    write("base.yaml", "fleet:\n  sample: 2.0\n  year: 1999\nperiod:\n  n_days: '8'\n")
    write(
        "top.yaml",
        "extends: base.yaml\n"
        "fleet:\n"
        "  smaple: 0.1\n"
        "compute: {workers: 0}\n"
        "behaviour:\n"
        "  fast_target_soc: 0.05\n"
        "stations: {province_factors: {XX: 1.0}}\n",
    )
    assert sorted(faults_of("top.yaml", ("travel.trip_factor=yes", "nonsense"))) == sorted(
        [
            "--set nonsense: wanted section.key=value, e.g. fleet.sample=0.01",
            "base.yaml:5:11: period.n_days: Input should be a valid integer (got '8')",
            f"top.yaml:7:31: stations.province_factors.XX: Input should be {PROVINCES} (got 'XX')",
            f"base.yaml:3:9: fleet.year: String should match pattern '{YEARS}' (got '1999')",
            "base.yaml:2:11: fleet.sample: Input should be less than or equal to 1 (got 2.0)",
            "top.yaml:3:3: fleet.smaple: unknown key, did you mean 'sample'?",
            "top.yaml:6:3: behaviour: fast_target_soc should be above reserve_soc (got {'fast_target_soc': 0.05})",
            "--set travel.trip_factor: Input should be a valid number (got 'yes')",
            f"top.yaml:4:20: compute.workers: {POSITIVE} or Input should be 'auto' (got 0)",
        ]
    )


CIRCLE = "found a circle: a.yaml -> b.yaml -> a.yaml; wanted a chain with an end; remove one extends"
DATE = "should be a date that exists, written as year-month-day such as 2027-10-01"
ONCE = "wanted each key once; remove one of them"
INSIDE = "wanted a file in the folder of the scenario or below it; copy the file there"
REFUSED = {
    "unknown section": ("flet: {sample: 1.0}\n", "a.yaml:1:1: flet: unknown key, did you mean 'fleet'?"),
    "key in the wrong section": (
        "grid:\n  n_days: 1\n",
        "a.yaml:2:3: grid.n_days: unknown key, it belongs to 'period'",
    ),
    "wrong type": (
        "fleet:\n  sample: many\n",
        "a.yaml:2:11: fleet.sample: Input should be a valid number (got 'many')",
    ),
    "truth for a number": (
        "fleet: {n_vehicles: true}\n",
        "a.yaml:1:21: fleet.n_vehicles: Input should be a valid integer (got True)",
    ),
    "not a number": (
        "fleet:\n  sample: .nan\n",
        "a.yaml:2:11: fleet.sample: Input should be a finite number (got nan)",
    ),
    "window that does not divide": (
        "period: {window_s: 700}\n",
        "a.yaml:1:20: period.window_s: should divide 900 s, as 60, 100, 300 or 900 do (got 700)",
    ),
    "day that does not exist": (
        "period: {start_date: '2027-02-30'}\n",
        f"a.yaml:1:22: period.start_date: {DATE} (got '2027-02-30')",
    ),
    "section that is not one": (
        "fleet: 3\n",
        "a.yaml:1:8: fleet: Input should be a valid dictionary or instance of Fleet (got 3)",
    ),
    "key twice": (
        "fleet:\n  sample: 1.0\n  sample: 0.5\n",
        f"a.yaml:3:3: found the key 'fleet.sample' a second time, first on line 2; {ONCE}",
    ),
    "directive that brings back YAML 1.1": (
        "%YAML 1.1\n---\nscenario: {title: NO}\n",
        "a.yaml:1:1: found a '%' directive; wanted plain YAML 1.2; remove the line",
    ),
    "alias": (
        "fleet: &f {sample: 1.0}\ntravel: *f\n",
        "a.yaml:1:8: found an alias of this value; wanted each value written out; repeat the value",
    ),
    "tag": (
        "scenario: {title: !!python/name:os.system x}\n",
        "a.yaml:1:19: found the tag tag:yaml.org,2002:python/name:os.system; wanted a plain value; remove the tag",
    ),
    "a list": ("- 1\n", "a.yaml:1:1: found no 'key: value' lines; wanted sections such as 'fleet:'; see default.yaml"),
    "broken YAML": (
        "fleet: {sample: 1.0\nperiod: 3\n",
        "a.yaml:2:7: found YAML that cannot be read (expected ',' or '}', but got ':'); wanted YAML 1.2",
    ),
    "circle of one": (
        "extends: a.yaml\n",
        "a.yaml:1:10: extends: found a circle: a.yaml -> a.yaml; wanted a chain with an end; remove one extends",
    ),
    "file outside": ("extends: ../x.yaml\n", f"a.yaml:1:10: extends: found '../x.yaml'; {INSIDE}"),
    "absolute file outside": ("extends: /x.yaml\n", f"a.yaml:1:10: extends: found '/x.yaml'; {INSIDE}"),
    "base that is missing": (
        "extends: none.yaml\n",
        "a.yaml:1:10: extends: found 'none.yaml', which is not a file; wanted a YAML file; check the name",
    ),
    "base whose name no file can have": (
        'extends: "a\\0b"\n',
        "a.yaml:1:10: extends: found 'a\\x00b', which is not a file; wanted a YAML file; check the name",
    ),
    "control signs in a key": ('"fl\\e\\neet": 1\n', "a.yaml:1:1: fl\\x1b\\neet: unknown key, did you mean 'fleet'?"),
    "base that is a list": (
        "extends: [b.yaml]\n",
        "a.yaml:1:10: extends: found ['b.yaml']; wanted the name of one YAML file; write it as text",
    ),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_with_its_place(write: Write, text: str, message: str) -> None:
    write("a.yaml", text)
    assert message in faults_of("a.yaml")


def test_missing_file(write: Write) -> None:
    found = "found no such file or directory; wanted a readable YAML file; check the path"
    assert faults_of("none.yaml") == [f"none.yaml: {found}"]


def test_a_folder_or_a_link_to_itself_is_no_scenario(write: Write) -> None:
    Path("loop.yaml").symlink_to("loop.yaml")
    assert faults_of("loop.yaml")[0].startswith("loop.yaml: found ")
    assert faults_of(".") == [".: found is a directory; wanted a readable YAML file; check the path"]


def test_circle_names_its_chain(write: Write) -> None:
    write("a.yaml", "extends: b.yaml\n")
    write("b.yaml", "# first\nextends: a.yaml\n")
    assert faults_of("a.yaml") == [f"b.yaml:2:10: extends: {CIRCLE}"]


def test_a_link_does_not_lead_out_of_the_folder(write: Write) -> None:
    write("outside.yaml", "fleet: {sample: 0.5}\n")
    write("in/a.yaml", "extends: link.yaml\n")
    Path("in/link.yaml").symlink_to(Path("outside.yaml").resolve())
    assert faults_of("in/a.yaml") == [f"in/a.yaml:1:10: extends: found 'link.yaml'; {INSIDE}"]


def test_bytes_that_are_not_text(write: Write) -> None:
    Path("a.yaml").write_bytes(b"fleet:\n  sample: \xff\n")
    found = "found bytes that are not UTF-8; wanted UTF-8 text; save the file as UTF-8"
    assert faults_of("a.yaml") == [f"a.yaml:2: {found}"]


@pytest.mark.parametrize("text", ["[" * 5000, "a: " + "{b: " * 5000, "seed: " + "9" * 6000])
def test_monstrous_files_are_refused_like_others(write: Write, text: str) -> None:
    write("a.yaml", text)
    assert faults_of("a.yaml")[0].startswith("a.yaml")


@pytest.mark.parametrize("override", ["fleet.sample", "sample=1", "fleet..sample=1", "=1", "fleet.sample=[", ""])
def test_overrides_that_are_not_settings(write: Write, override: str) -> None:
    write("a.yaml", "")
    (message,) = faults_of("a.yaml", (override,))
    assert message.startswith(f"--set {override}: ")
    assert "wanted" in message


WORDS = "fleet: sample: extends: &a *a !x - { } [ ] ? : % # ' | > 0x 1e999 NO 18:30 ~ 2027-13-45 <<: --- ...".split()
SNIPPETS = st.sampled_from([*WORDS, '"', " ", "  ", "\n", "\t", "\x00", "\ud7ff"])


@given(st.one_of(st.text(max_size=60), st.lists(SNIPPETS, max_size=25).map("".join)))
@example("2027-13-45")
@example("period: {start_date: 2027-13-45}")
@example("a: 2027-01-01T99:99:99")
@example("? [a]\n: b")
@example("a: !!int x")
@example("<<: {a: 1}")
@example("a: &a [*a]")
@example('"a\\nb": 1')
@example("extends: " + "a" * 5000)
def test_bad_text_never_breaks_the_reader_and_writes_nothing(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    path = folder / "a.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    before = path.read_bytes()
    try:
        load(path)
    except ConfigError as error:
        assert all(line.startswith(str(path)) for line in str(error).splitlines())
    assert path.read_bytes() == before
    assert [entry.name for entry in folder.iterdir()] == ["a.yaml"]


@given(st.text(max_size=30))
def test_bad_overrides_never_break_the_reader(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "a.yaml"
    path.write_text("", encoding="utf-8")
    try:
        config = load(path, [f"fleet.sample={text}"])
    except ConfigError as error:
        assert str(error).startswith("--set fleet.sample")
    else:
        assert 0 < config.fleet.sample <= 1


def test_faults_are_reported_together_in_order() -> None:
    faults = Faults()
    faults.raise_if_any(ConfigError)
    faults.add("first", 3, "4", "count again")
    faults.add("second")
    with pytest.raises(ConfigError) as caught:
        faults.raise_if_any(ConfigError)
    assert str(caught.value) == "first: found 3; wanted 4; count again\nsecond"
    assert len(faults) == 2
