"""What a batch leaves behind beside its runs."""

from typing import NamedTuple

from twin.tables.columns import F64, I32, I64, STR, Annotated, Field

STATES = ("done", "failed")


class RunsTable(NamedTuple):
    """batch/runs.parquet: one run of a batch a row."""

    scenario: Annotated[STR, Field("-", "scenario name")]
    period: Annotated[STR, Field("-", "name of the period; own: the scenario's")]
    replicate: Annotated[I32, Field("-", "number of the replicate, from 0")]
    folder: Annotated[STR, Field("-", "run folder within the batch")]
    seed: Annotated[I64, Field("-", "seed of its draws")]
    config_hash: Annotated[STR, Field("-", "hash of its settings")]
    state: Annotated[STR, Field("-", "done or failed")]
    reason: Annotated[STR, Field("-", "why it failed; empty where it did not")]


class SummaryTable(NamedTuple):
    """batch/summary.parquet: a figure of a scenario in a period over its replicates, against the first scenario."""

    scenario: Annotated[STR, Field("-", "scenario name")]
    period: Annotated[STR, Field("-", "name of the period; own: the scenario's")]
    metric: Annotated[STR, Field("-", "name of the figure; docs/metrics lists them")]
    layer: Annotated[STR, Field("-", "urban, highway, rural or all")]
    province: Annotated[STR, Field("-", "province code or all")]
    hour: Annotated[F64, Field("h", "hour since day 0, null for a whole-run figure")]
    unit: Annotated[STR, Field("-", "unit of the figures")]
    n: Annotated[I32, Field("-", "replicates in which the figure could be formed")]
    mean: Annotated[F64, Field("see unit", "mean over them")]
    ci_low: Annotated[F64, Field("see unit", "lower bound of the mean, 95 %, Student's t; null below two replicates")]
    ci_high: Annotated[F64, Field("see unit", "upper bound of the mean")]
    n_pairs: Annotated[I32, Field("-", "replicates that this scenario and the first one share")]
    difference: Annotated[F64, Field("see unit", "mean of (this - first scenario) over them; null in the first")]
    difference_low: Annotated[F64, Field("see unit", "lower bound of the difference, 95 %, Student's t")]
    difference_high: Annotated[F64, Field("see unit", "upper bound of the difference")]
