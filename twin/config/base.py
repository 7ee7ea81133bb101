"""What every section of the configuration has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
"""A part of a whole, 0 to 1."""

PositiveShare = Annotated[float, Field(gt=0.0, le=1.0)]
"""A part of a whole that cannot be nothing."""

Factor = Annotated[float, Field(ge=0.0, le=100.0)]
"""A multiplier; 1 leaves things as they are."""


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
