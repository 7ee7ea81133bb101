"""Every seed table reads, and a bad one is refused with all its faults."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from twin.errors import DataError
from twin.tables.seeds import SEED_TABLES, folder_of_seeds, read


@pytest.mark.parametrize("name", sorted(SEED_TABLES))
def test_table_reads_and_says_where_it_comes_from(name: str) -> None:
    table, columns = SEED_TABLES[name], read(name)
    assert list(columns) == [column.name for column in table.columns]
    assert [column.name for column in table.columns[-2:]] == ["source", "confidence"]
    assert set(table.key) <= set(columns)
    assert table.licence
    assert all(column.meaning and (column.unit or column.kind == "str") for column in table.columns)
    for column in table.columns:
        dtype = {"str": np.dtype(object), "int": np.dtype(np.int64), "float": np.dtype(np.float64)}[column.kind]
        assert columns[column.name].dtype == dtype


def test_no_file_lies_in_the_folder_without_a_schema() -> None:
    assert {path.stem for path in folder_of_seeds().glob("*.csv")} == set(SEED_TABLES)


@pytest.mark.parametrize("name", sorted(SEED_TABLES))
def test_files_are_plain_utf8_with_unix_line_ends(name: str) -> None:
    content = (folder_of_seeds() / f"{name}.csv").read_bytes()
    assert b"\r" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8").endswith("\n")


def test_a_bad_table_is_refused_with_every_fault_and_its_line(tmp_path: Path) -> None:
    rows = (folder_of_seeds() / "charger_provinces.csv").read_text(encoding="utf-8").splitlines()
    rows[1] = "BJ,2025-12,urban,1.5,here,high"
    rows[2] = "ZZ,2025-12,urban,much,,sure"
    rows[3] = rows[4]
    path = tmp_path / "charger_provinces.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read("charger_provinces", tmp_path)
    text = str(caught.value)
    assert "5 fault(s)" in text
    assert "charger_provinces.csv:2: share: 1.5 is outside [0, 1]" in text
    assert all(f"charger_provinces.csv:3: {name}:" in text for name in ("province", "share", "source", "confidence"))
    rows[1:3] = rows[5:7]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"already stands in line") as caught:
        read("charger_provinces", tmp_path)
    assert "3 fault(s)" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "no such file"),
        ("a,b\n1,2\n", "columns are a, b; wanted"),
        ("operator,name_zh,share,is_carmaker,source,confidence\n", "no rows"),
        ("operator,name_zh,share,is_carmaker,source,confidence\nA,B\n", "not a UTF-8 CSV table"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: str | None, complaint: str) -> None:
    if content is not None:
        (tmp_path / "operators.csv").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=complaint):
        read("operators", tmp_path)


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(DataError, match="no table 'nothing'"):
        read("nothing")
