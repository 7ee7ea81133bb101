"""The tables of a run folder as the page reads them: what is missing or damaged is noted, and the rest is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from numpy.typing import NDArray

from twin.errors import StoreError
from twin.report.language import ENGLISH, Language
from twin.store import Run

__all__ = ["Source"]

Columns = dict[str, NDArray[Any]]
WHOLE_BATCH_ROWS = 1 << 19


class Source:
    """A run folder that may be incomplete.

    Parameters
    ----------
    run : Run
        The folder, its manifest read.
    say : Language
        In which faults are told.

    Attributes
    ----------
    faults : dict of str to str
        What is wrong, by the name of the table or file.
    """

    def __init__(self, run: Run, say: Language = ENGLISH) -> None:
        self.run = run
        self.say = say
        self.faults: dict[str, str] = {}

    def arrays(self, name: str, columns: Sequence[str] | None = None) -> Columns | None:
        """Read a table as one array a column; None, and a fault, where it cannot be read."""
        try:
            table = self.run.table(name, columns)
        except StoreError as error:
            self._note(name, error)
            return None
        return {column: table.column(column).to_numpy(zero_copy_only=False) for column in table.column_names}

    def holds(self, name: str, columns: Sequence[str]) -> bool:
        """Return whether a table can be read and has these columns; else note a fault."""
        return self.arrays(name, columns) is not None

    def batches(self, name: str, columns: Sequence[str]) -> Iterator[Columns]:
        """Read a large table piece by piece; it ends early, and with a fault, where the table cannot be read."""
        try:
            yield from self.run.batches(name, columns, WHOLE_BATCH_ROWS)
        except StoreError as error:
            self._note(name, error)

    def audit(self) -> dict[str, Any]:
        """Return the audit; without laws, and a fault, where it cannot be read."""
        try:
            found = self.run.audit
            if isinstance(found.get("laws"), list):
                return found
            raise StoreError("audit.json: no laws in it")
        except StoreError as error:
            self._note("audit", error)
            return {"laws": []}

    def _note(self, name: str, error: StoreError) -> None:
        """Note a fault in words of the page; the error's own words name paths."""
        file = {"audit": "audit.json", "sessions": "sessions/"}.get(name, f"{name}.parquet")
        lacking = re.search(r"no column ([\w, ]+);", str(error))
        if lacking:
            words = self.say("{file} has no column {columns}", file=file, columns=lacking[1])
        elif "no such" in str(error):
            words = self.say("{file} is not there", file=file)
        else:
            words = self.say("{file} is damaged", file=file)
        self.faults[name] = words
