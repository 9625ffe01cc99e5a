"""The pages of `docs/` that tables decide are as the tables are."""

import pytest

from handlers.reference import DOCS, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_as_its_table_is(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "python -m handlers.reference writes it anew"
