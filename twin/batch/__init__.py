"""Many runs: scenarios times periods times replicates, here or on a Ray cluster, gathered in one dataset."""

from twin.batch.flow import run_batch
from twin.batch.periods import Period, read_periods
from twin.batch.plan import Cell, plan_cells, unvaried

__all__ = ["Cell", "Period", "plan_cells", "read_periods", "run_batch", "unvaried"]
