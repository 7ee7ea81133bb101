"""A folder to begin with: a scenario that runs, with what one changes first, beside every default and the schema."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from twin.config import schema
from twin.errors import OutputExistsError, StoreError

__all__ = ["STARTER", "write_starter"]

STARTER = """\
# yaml-language-server: $schema=schema.json
# A scenario: only what differs from fitted.yaml, the settings fitted to what was observed, and from default.yaml, where
# every setting stands with its unit and meaning.
#
#   twin run scenario.yaml              a run folder under runs/, with report.html
#   twin report RUN --open              the page of a run, in the browser
#   twin compare RUN RUN --open         runs side by side
extends: fitted.yaml

scenario:
  name: mine                            # used in file names
  title: "My first scenario"            # heading of the report
  description: "What happens when Guangdong has a fifth more public EVSEs?"

period:
  start_date: 2027-10-01                # the first day of the National Day holiday
  n_days: 2                             # the whole holiday: 8

fleet:
  sample: 0.01                          # one vehicle and one EVSE in a hundred, a minute or two; the nation: 1.0
  # year: "2027-stress"                 # the 80 M vehicles the plan must be able to serve

stations:
  province_factors: {GD: 1.2}           # by province code
  # stock: "2025-12"                    # the charging stations of end-2025

# behaviour:
#   patience_s: 1800                    # how long drivers queue before they leave
"""


def write_starter(folder: Path, fitted: str) -> list[Path]:
    """Write a commented scenario, the fitted settings, the defaults and the schema into a new folder.

    Parameters
    ----------
    folder : Path
        A folder that does not exist or is empty.
    fitted : str
        Content of ``fitted.yaml``, which the scenario extends.

    Returns
    -------
    list of Path
        The files, the scenario first.

    Raises
    ------
    OutputExistsError
        If the folder holds something. Nothing is touched.
    StoreError
        If it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExistsError(f"{folder}: found something there; wanted a new or empty folder; give another name")
    partial = folder.resolve().with_name(f".{folder.resolve().name}.partial-{os.getpid()}")
    try:
        partial.mkdir(parents=True)
        (partial / "scenario.yaml").write_text(STARTER, encoding="utf-8")
        (partial / "fitted.yaml").write_text(fitted, encoding="utf-8")
        names = ["scenario.yaml", "fitted.yaml", *(path.name for path in schema.write(partial))]
        partial.replace(folder)
    except OSError as fault:
        raise StoreError(f"{folder}: could not be written ({fault}); choose a place with room to write to") from fault
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return [folder / name for name in names]
