"""Many runs: scenarios times replicates, on this machine or on a Ray cluster, gathered in one dataset."""

from twin.batch.flow import run_batch
from twin.batch.plan import Cell, plan_cells, unvaried

__all__ = ["Cell", "plan_cells", "run_batch", "unvaried"]
