"""Spans of a tariff: together they are to make up the day of every province and season, and no hour twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from twin.errors import Faults

__all__ = ["check_spans"]

DAY_H = 24
SEASONS = ("winter", "summer", "other")


def check_spans(file: str, table: Mapping[str, Any], faults: Faults, provinces: Iterable[str] | None = None) -> None:
    """Find hours of a tariff that no span covers or that two do, and provinces that are not there.

    Parameters
    ----------
    file : str
        Name of the file, for the faults; a row's line is its number and 2.
    table : mapping of str to ndarray
        Columns province, season, start_h, end_h.
    faults : Faults
        Takes what is found.
    provinces : iterable of str, optional
        Provinces that are wanted in every season; those of the table by default.
    """
    rows_of: dict[tuple[str, str], list[int]] = {}
    for row, key in enumerate(zip(table["province"].tolist(), table["season"].tolist(), strict=True)):
        rows_of.setdefault(key, []).append(row)
    wanted = rows_of if provinces is None else [(code, season) for code in provinces for season in SEASONS]
    for code, season in wanted:
        rows = rows_of.get((code, season))
        if rows is None:
            faults.add(f"{file}, {code}, {season}", "no row", "spans from 0 to 24 h", "add the province and season")
            continue
        _check_day(file, f"{code}, {season}", table, sorted(rows, key=lambda row: table["start_h"][row]), faults)


def _check_day(file: str, name: str, table: Mapping[str, Any], rows: list[int], faults: Faults) -> None:
    """Go through the spans of a day in the order of their beginnings."""
    until_h, before = 0.0, rows[0]
    for row in [*rows, None]:
        start_h = DAY_H if row is None else float(table["start_h"][row])
        where = f"{file}:{(before if row is None else row) + 2}, {name}"
        if start_h > until_h + 1e-9:
            where = f"{file}:{before + 2}, {name}"
            faults.add(where, f"hours {until_h:g} to {start_h:g} in no span", "the spans to make up the day", "add a span")
        elif start_h < until_h - 1e-9 and row is not None:
            end_h = min(float(table["end_h"][row]), until_h)
            also = f"hours {start_h:g} to {end_h:g} also in line {before + 2}"
            faults.add(where, also, "every hour once", "shorten one of the two")
        if row is None:
            return
        end_h = float(table["end_h"][row])
        if end_h <= start_h:
            faults.add(where, f"a span from {start_h:g} to {end_h:g} h", "an end after the start", "correct the row")
        if end_h > until_h:
            until_h, before = end_h, row
