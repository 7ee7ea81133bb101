"""What a seed column and a seed table are: the words every seed schema is written in."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("str", "int", "float")
CONFIDENCES = ("high", "medium", "low")


@dataclass(frozen=True)
class SeedColumn:
    """One column of a seed table, declared once.

    Parameters
    ----------
    name : str
        Column name as in the header of the CSV, unit last.
    kind : str
        ``"str"``, ``"int"`` (int64) or ``"float"`` (float64).
    unit : str
        Unit, ``"1"`` for a pure number, ``""`` for text, ``"see unit"`` where each row names its own.
    meaning : str
        One line for the data dictionary.
    low, high : float or None
        Inclusive range of a number; None leaves that side open.
    allowed : tuple of str or None
        The only texts a cell may hold.
    optional : bool
        Whether a cell may be blank: text reads as ``""``, a float as NaN. An int is never optional.
    """

    name: str
    kind: str
    unit: str
    meaning: str
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] | None = None
    optional: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"seed column {self.name}: kind is {self.kind!r}; it must be one of {', '.join(KINDS)}")
        if self.kind == "int" and self.optional:
            raise ValueError(f"seed column {self.name}: an int cannot be blank; make it a float or not optional")


@dataclass(frozen=True)
class SeedTable:
    """One CSV file of the embedded default.

    Parameters
    ----------
    name : str
        File name without ``.csv``.
    meaning : str
        What one row is.
    licence : str
        Licence or legal nature of the figures, with the origin it follows from.
    columns : tuple of SeedColumn
        Columns in file order; ``source`` and ``confidence`` close every table.
    key : tuple of str
        Columns whose values together are never repeated.
    """

    name: str
    meaning: str
    licence: str
    columns: tuple[SeedColumn, ...]
    key: tuple[str, ...] = ()


def text(name: str, meaning: str, allowed: tuple[str, ...] | None = None, optional: bool = False) -> SeedColumn:
    """Declare a text column."""
    return SeedColumn(name, "str", "", meaning, allowed=allowed, optional=optional)


def whole(name: str, unit: str, meaning: str, low: float | None = 0, high: float | None = None) -> SeedColumn:
    """Declare a column of whole numbers (int64), not negative unless `low` says so."""
    return SeedColumn(name, "int", unit, meaning, low=low, high=high)


def number(
    name: str, unit: str, meaning: str, low: float | None = 0, high: float | None = None, optional: bool = False
) -> SeedColumn:
    """Declare a column of real numbers (float64), not negative unless `low` says so."""
    return SeedColumn(name, "float", unit, meaning, low=low, high=high, optional=optional)


def share(name: str, meaning: str) -> SeedColumn:
    """Declare a share between 0 and 1."""
    return SeedColumn(name, "float", "1", meaning, low=0.0, high=1.0)


SOURCE = text("source", "where the figure comes from; 'derived: how' or 'from memory, unverified' where that is so")
CONFIDENCE = text("confidence", "how far the figure can be trusted", allowed=CONFIDENCES)
PROVENANCE = (SOURCE, CONFIDENCE)

PROVINCES = tuple("BJ TJ HE SX NM LN JL HL SH JS ZJ AH FJ JX SD HA HB HN GD GX HI CQ SC GZ YN XZ SN GS QH NX XJ".split())


def province(name: str = "province", meaning: str = "province code") -> SeedColumn:
    """Declare a column of province codes."""
    return text(name, meaning, allowed=PROVINCES)


UNITS = tuple(
    (
        "1 1/day CNY CNY/W CNY/kVA CNY/kWh EVSEs GVA GW GWh GWh/day MVA MW Mt/day M/day PWh TWh TWh/a TWh/month bn_t "
        "communities count counties degC h h/a kVA kW kW/EVSE kWh kWh/EVSE/day kWh/EVSE/month kWh/a kWh/km km km/a "
        "km/day km/h km2 ln_km min months persons piles provinces regime service_areas sessions stations townships "
        "trillion_tkm vehicles vehicles/EVSE years"
    ).split()
)
"""Every unit that a ``unit`` column may hold; ``1`` is a pure number, a share or a ratio."""


def unit(optional: bool = False) -> SeedColumn:
    """Declare the column that names the unit of ``value``."""
    return text("unit", "unit of value", UNITS, optional)
