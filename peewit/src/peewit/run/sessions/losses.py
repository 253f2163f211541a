"""What a change destroys: the rows of tables and the values of columns it drops, as questions that count them.

Asked before the first write, and only where somebody wants to know: to count is to read the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from peewit.dataclass import dataclass
from peewit.dialects import Dialect
from peewit.operations import AddColumn, CreateTable, DropColumn, DropTable, Operation, RenameColumn, RenameTable
from peewit.schema import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A table that goes, or one of its columns; ``count`` is the query for how many rows, or values, go with it."""

    table: str
    column: str | None
    count: str


def losses(
    operations: Sequence[Operation],
    there: Callable[[str], Table | None],
    dialect: Dialect,
    former: Former | None = None,
) -> Iterator[Loss]:
    """The losses of operations between two pieces of code, under the names they find: what they make is no loss.

    ``there`` gives a table as the database has it, by its key. ``former`` knows what other operations before them
    have renamed and made, which was not done yet.
    """
    former = former or Former()
    for operation in operations:
        match operation:
            case DropTable(table=key):
                table = there(former.table(key) or "")
                if table is not None:
                    path = dialect.path(table.name, table.schema)
                    yield Loss(table=table.name, column=None, count=f"SELECT count(*) FROM {path}")
            case DropColumn(table=key, column=name):
                table, column = there(former.table(key) or ""), former.column(key, name)
                if table is not None and column is not None and table.find(column) is not None:
                    path, quoted = dialect.path(table.name, table.schema), dialect.quoted(column)
                    yield Loss(table=table.name, column=column, count=f"SELECT count({quoted}) FROM {path}")
            case _:
                pass
        former.follow(operation)


class Former:
    """What things were called when the operations began; None for what it has made since."""

    def __init__(self) -> None:
        self._tables: dict[str, str | None] = {}
        self._columns: dict[tuple[str, str], str | None] = {}

    def table(self, key: str) -> str | None:
        """What a table was called."""
        return self._tables.get(key, key)

    def column(self, table: str, name: str) -> str | None:
        """What a column was called."""
        return self._columns.get((table, name), name)

    def follow(self, operation: Operation) -> None:
        """Take note of what an operation makes or renames."""
        match operation:
            case CreateTable(table=table):
                self._tables[table.key] = None
            case AddColumn(table=table, column=column):
                self._columns[table, column.name] = None
            case RenameTable(before=before):
                after = operation.key
                self._tables[after] = self.table(before)
                moved = {name: former for (table, name), former in self._columns.items() if table == before}
                self._columns |= {(after, name): former for name, former in moved.items()}
            case RenameColumn(table=table, before=before, after=after):
                self._columns[table, after] = self.column(table, before)
            case _:
                pass
