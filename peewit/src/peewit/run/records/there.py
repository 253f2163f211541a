"""Tables that a migration was to make and that were there already: they are not its own."""

from __future__ import annotations

from collections.abc import Sequence

from peewit.dialects import Dialect
from peewit.operations import CreateTable, DropTable, Operation, RenameTable
from peewit.operations.replay import tables_of

MARK = "-- there already: "
"""What the first step of such a migration begins with in the journal."""


def there_before(operations: Sequence[Operation], steps: Sequence[str], dialect: Dialect) -> tuple[str, ...]:
    """Of the tables that operations make, and leave under this name, those for which no statement was needed."""
    made = [operation.table for operation in operations if isinstance(operation, CreateTable)]
    moved = {key for o in operations if isinstance(o, DropTable | RenameTable) for key in tables_of(o)} if made else ()
    started = tuple(step for step in steps if step.startswith("CREATE TABLE "))
    found = []
    for table in made:
        schema = None if dialect.name == "sqlite" else table.schema
        begins = f"CREATE TABLE {dialect.path(table.name, schema)} ("
        if table.key not in moved and not any(step.startswith(begins) for step in started):
            found.append(table.key)
    return tuple(dict.fromkeys(found))
