"""What every section of the configuration has in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A part of a whole, 0 to 1."""

PositiveShare = Annotated[float, Field(gt=0.0, le=1.0)]
"""A part of a whole that cannot be nothing."""

Factor = Annotated[float, Field(ge=0.0, le=100.0)]
"""A multiplier; 1 leaves things as they are."""

ProvinceCode = Literal[
    "BJ", "TJ", "HE", "SX", "NM", "LN", "JL", "HL", "SH", "JS", "ZJ", "AH", "FJ", "JX", "SD", "HA",
    "HB", "HN", "GD", "GX", "HI", "CQ", "SC", "GZ", "YN", "XZ", "SN", "GS", "QH", "NX", "XJ",
]  # fmt: skip

ProvinceFactor = Annotated[float, Field(gt=0.0, le=10.0)]
"""A multiplier of what a province has."""


class Section(BaseModel):
    """One section of a scenario file: unknown keys and silent conversions are refused."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=False,
    )
