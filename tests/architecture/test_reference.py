"""The generated pages of docs/reference say what the code says now."""

import pytest

from core.db.tables import Base
from core.vocabulary import REGISTRATION_COLUMNS
from medisync import reference

PAGES = reference.pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_generated_page_is_current(name):
    assert (reference.FOLDER / name).read_text() == PAGES[name], "run `uv run medisync reference --write`"


def test_every_table_and_every_column_of_a_registration_is_in_the_dictionary():
    page = PAGES["data-dictionary.md"]
    for table in Base.metadata.sorted_tables:
        assert f"\n## {table.name}\n" in page
        for column in table.columns:
            assert f"| `{column.name}` |" in page
    for name in REGISTRATION_COLUMNS:
        assert f"\n| `{name}` |" in page
