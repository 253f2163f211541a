"""Which keys of an index MariaDB takes, and which it has not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from peewit.compile.mysql_indexes import index_text
from peewit.dialects import MYSQL
from peewit.errors import UnsupportedChangeError
from peewit.schema import Column, Index, Part, Table, Type

PERSON = Table(name="person", columns=(Column(name="name", type=Type("VARCHAR", (50,))),))


def index(text: str) -> Index:
    """An index on a key that is given as SQL."""
    return Index(parts=(Part(text=text, expression=True),))


@pytest.mark.parametrize("text", ["lower(name)", "(lower(name))", "`lower`(name)", "coalesce(name, 'x')", "(name)"])
def test_an_expression_is_refused_on_mariadb(text: str) -> None:
    """Before anything is done, with the way out; MySQL takes it."""
    with pytest.raises(UnsupportedChangeError, match="MariaDB has no indexes on expressions") as told:
        index_text(PERSON, index(text), "person_lower", MYSQL)
    assert "generated column" in told.value.hint
    assert text in index_text(PERSON, index(text), "person_lower", replace(MYSQL, mariadb=False))


@pytest.mark.parametrize("text", ["name", "`name`", "name DESC", "name(10)", "`name`(10) DESC"])
def test_a_column_or_its_beginning_is_no_expression(text: str) -> None:
    """Also where it is given as SQL."""
    assert text in index_text(PERSON, index(text), "person_name", MYSQL)
