"""The data dictionary is the declarations, written out."""

from __future__ import annotations

from pathlib import Path

from twin.tables import dictionary
from twin.tables.columns import columns


def test_the_page_is_up_to_date(repository: Path) -> None:
    """Regenerate with ``python -m twin.tables.dictionary > docs/data-dictionary.md``."""
    assert (repository / "docs" / "data-dictionary.md").read_text(encoding="utf-8") == dictionary.page()


def test_every_column_of_every_result_table_is_told() -> None:
    """No declared column is left out, and each says what it is."""
    text = dictionary.page()
    n_tables = 0
    for table in dictionary.result_tables():
        n_tables += 1
        for column in columns(table):
            assert f"| `{column.name}` |" in text
            assert column.unit
            assert column.meaning
    assert n_tables >= 8
