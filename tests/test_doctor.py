"""The doctor finds every fault of a user's files at once, with file and row, and passes what is sound."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from typer.testing import CliRunner, Result

from twin.cli import app
from twin.doctor import examine, installation
from twin.doctor.installation import fits, requirements
from twin.errors import DataError
from twin.tables.seeds import folder_of_seeds


def doctor(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["doctor", *map(str, arguments)])


def faults_of(data: Path) -> list[str]:
    return examine(data).faults.message().splitlines()


def seed(folder: Path, name: str, change: Callable[[list[str]], list[str]]) -> None:
    """Put a changed seed table into a folder; its lines count from 1 as in an editor, the header first."""
    lines = (folder_of_seeds() / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    (folder / f"{name}.csv").write_text("\n".join(change(lines)) + "\n", encoding="utf-8")


def cell(line: int, column: str, value: str) -> Callable[[list[str]], list[str]]:
    """Write another value into one cell; for columns that stand before any quoted one."""

    def change(lines: list[str]) -> list[str]:
        cells = lines[line - 1].split(",")
        cells[lines[0].split(",").index(column)] = value
        return [*lines[: line - 1], ",".join(cells), *lines[line:]]

    return change


def test_this_installation_is_well() -> None:
    assert [check for check in installation() if not check.is_well] == []
    assert {"numba", "pyarrow", "mesa", "typer"} <= {name for name, _ in requirements()}


@pytest.mark.parametrize(
    ("found", "wanted", "is_fit"),
    [
        ("3.11.7", ">=3.11,<3.13", True),
        ("3.13.0", ">=3.11,<3.13", False),
        ("3.9.18", ">=3.11,<3.13", False),
        ("3.11", ">=3.11.0", True),
        ("2.0rc1", ">=2.0,<3", True),
        ("10.0", ">=9", True),
        ("0.18.9", ">=0.18.10", False),
        ("1.2", "==1.2.0", True),
        ("1.2", "!=1.2", False),
        ("7", "", True),
    ],
)
def test_versions_are_compared_as_numbers(found: str, wanted: str, is_fit: bool) -> None:
    assert fits(found, wanted) == is_fit


def test_the_embedded_tables_and_the_shipped_scenarios_are_clean(repository: Path) -> None:
    for folder in ("seeds", "configs"):
        done = doctor(repository / folder)
        assert done.exit_code == 0, done.output
    assert "fleet_stock.csv: seed table" in doctor(repository / "seeds").stdout


def test_a_clean_folder_and_a_single_file_pass(tmp_path: Path) -> None:
    shutil.copy(folder_of_seeds() / "fleet_stock.csv", tmp_path)
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    (tmp_path / "od.csv").write_text("origin,destination,n_trips\nBeijing,Tianjin,5\nGD,HN,7\n", encoding="utf-8")
    assert doctor(tmp_path).exit_code == 0
    assert doctor(tmp_path / "od.csv").exit_code == 0
    assert examine(tmp_path).looked_at == [
        ("fleet_stock.csv", "seed table"), ("notes.txt", "not looked at"), ("od.csv", "table"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("vehicle_classes", cell(2, "share_2025", "0.5"), "vehicle_classes.csv:2-19, share_2025, car: found a sum of"),
        ("vehicle_classes", cell(3, "vehicle_class", "smal"), "vehicle_classes.csv:3, smal: found 0 points"),
        ("charging_curves", lambda lines: [lines[0], *lines[22:]], "vehicle_classes.csv:2, micro: found 0 points"),
        ("charging_curves", cell(5, "vehicle_class", "unheard"), "charging_curves.csv:5, vehicle_class: found unheard"),
        ("freight_flows", cell(4, "distance_km", "-12"), "freight_flows.csv:4: distance_km: -12 is outside"),
        ("freight_flows", cell(4, "destination", "ZZ"), "freight_flows.csv:4: destination: 'ZZ' is not one of"),
        ("truck_hauls", cell(2, "share_2027", "0.9"), "truck_hauls.csv:2-4, share_2027: found a sum of 1.58687"),
        ("truck_hauls", cell(2, "daily_km", "1490"), "h of charging at its highest power; wanted at most 5.4 h"),
        ("hourly_profiles", cell(2, "share", "0.5"), "share, charge_fleet_passenger_weekday: found a sum of 1.43644"),
        ("counties", cell(2, "zone", "Atlantis"), "counties.csv:2, zone: found Atlantis"),
        ("backbone_links", cell(9, "to_node", "Nowhere"), "backbone_links.csv:9, to_node: found Nowhere"),
        ("tariffs", cell(2, "end_h", "1"), "tariffs.csv:2, BJ,"),
        ("uncertainty", cell(3, "mode", "5"), "uncertainty.csv:3: found 0.8, 5, 1.2"),
        ("fleet_stock", cell(2, "n_vehicles", "many"), "fleet_stock.csv:2: n_vehicles: 'many' is not a number"),
    ],
)  # fmt: skip
def test_a_wrong_seed_table_is_refused_with_its_row(
    tmp_path: Path, name: str, change: Callable[[list[str]], list[str]], said: str
) -> None:
    seed(tmp_path, name, change)
    done = doctor(tmp_path)
    assert done.exit_code == 2
    assert said in done.stderr, done.stderr


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("origin,destination,n_trips\nBeijing,Tianjin,5\nBeijing,Atlantis,1\n", ":3, destination: found Atlantis"),
        ("zone,trip_km\nBeijing,-5\nTianjin,5\n", ":2, trip_km: found -5"),
        ("vehicle,charging_h,plugged_h\n1,2,8\n2,9.5,8\n", ":3, charging_h: found 9.5; wanted at most plugged_h"),
        ("day,charge_hours,plug_hours\n1,2,8\n2,3,25\n", ":3, plug_hours: found 25; wanted at most 24"),
        ("kind,share\ncar,0.5\nvan,0.6\n", "share: found a sum of 1.1; wanted 1"),
        ("station,busy_share\n1,0.5\n2,1.5\n", ":3, busy_share: found 1.5; wanted 0 to 1"),
        ("vehicle,soc\n1,nan\n2,0.5\n", ":2, soc: found nan"),
        ("vehicle,battery_kwh\n1,much\n", ":2, battery_kwh: found much; wanted a number"),
        ("vehicle,battery_kwh\n", "found no rows"),
    ],
)
def test_a_table_of_ones_own_is_checked_by_the_names_of_its_columns(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "mine.csv").write_text(table, encoding="utf-8")
    (fault,) = faults_of(tmp_path)
    assert said in fault


def test_shares_may_add_up_in_groups(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("zone,kind,share\nBeijing,a,0.25\nBeijing,b,0.75\nTianjin,a,1\n", encoding="utf-8")
    assert faults_of(tmp_path) == []


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    seed(tmp_path, "fleet_stock", cell(2, "n_vehicles", "-1"))
    seed(tmp_path, "vehicle_classes", cell(3, "vehicle_class", "smal"))
    (tmp_path / "od.csv").write_text("origin,trip_km\nAtlantis,-1\n", encoding="utf-8")
    (tmp_path / "a.yaml").write_text("fleet: {sample: 2.0}\ntravel: {holyday: none}\n", encoding="utf-8")
    (tmp_path / "nodes.csv").write_text("node,lon,lat\n1,116,40\n2,116.1,40\n", encoding="utf-8")
    (tmp_path / "links.csv").write_text("from_node,to_node,class,length_m\n1,3,motorway,-5\n", encoding="utf-8")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    done = doctor(tmp_path)
    assert done.exit_code == 2
    for said in ("fleet_stock.csv:2", "smal", "od.csv:2, origin", "od.csv:2, trip_km", "fleet.sample", "travel.holyday",
                 "links.csv", "broken.parquet"):  # fmt: skip
        assert said in done.stderr, said


def test_many_rows_with_one_fault_are_counted(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("trip_km\n" + "-1\n" * 100, encoding="utf-8")
    faults = faults_of(tmp_path)
    assert len(faults) == 21
    assert "80 more rows" in faults[-1]


def test_nothing_to_look_at_is_refused(tmp_path: Path) -> None:
    for data in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError, match="found no"):
            examine(data)
    assert doctor(tmp_path / "nowhere").exit_code == 2


@given(some.binary(max_size=300), some.sampled_from(["a.csv", "fleet_stock.csv", "a.yaml", "a.parquet", "nodes.csv"]))
def test_garbage_is_a_fault_and_never_a_crash(tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str) -> None:
    folder = tmp_path_factory.mktemp("garbage")
    (folder / name).write_bytes(content)
    finding = examine(folder)
    assert [file for file, _ in finding.looked_at] == [name]
    assert all(name in fault or "seed" in fault for fault in finding.faults.message().splitlines())


def test_it_answers_in_json(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("trip_km\n-1\n", encoding="utf-8")
    done = doctor(tmp_path, "--json")
    assert done.exit_code == 2
    told = json.loads(done.stdout)
    assert told["looked_at"] == [{"file": "mine.csv", "kind": "table"}]
    assert len(told["faults"]) == 1
    assert all(check["is_well"] for check in told["checks"])
