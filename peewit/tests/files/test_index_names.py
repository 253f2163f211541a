"""Names for indexes that have none of their own."""

from __future__ import annotations

from peewit.dialects import POSTGRES
from peewit.operations.index_names import index_name
from peewit.schema import Index, Part, Table


def test_a_table_whose_name_leaves_no_room() -> None:
    """Of 63 bytes that a server keeps none is left for a column: the names differ all the same, and so do the next."""
    table = Table(name="名" * 21, columns=())
    index = Index(parts=(Part(text="age"),))
    taken = {table.name}
    for _ in range(3):
        name = POSTGRES.cut(index_name(table, index, taken, POSTGRES.cut))
        assert name not in taken
        assert len(name.encode()) <= 63
        taken.add(name)
