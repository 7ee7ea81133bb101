"""The run folder: the only room that touches the disk for results. It writes all of a run or nothing."""

from __future__ import annotations

from twin.store.checkpoint import Checkpoints, unfinished_day
from twin.store.manifest import build_manifest, canonical_json, hash_file, input_hashes
from twin.store.reader import Run, open_named, open_run
from twin.store.text import write_csv_table, write_text
from twin.store.writer import RunWriter, write_table

__all__ = [
    "Checkpoints",
    "Run",
    "RunWriter",
    "build_manifest",
    "canonical_json",
    "hash_file",
    "input_hashes",
    "open_named",
    "open_run",
    "unfinished_day",
    "write_csv_table",
    "write_table",
    "write_text",
]
