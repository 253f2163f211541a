"""What may happen to a schema: one closed union of frozen values.

Each operation answers ``apply(schema)``, ``reverse(before)`` and ``describe()``; none holds SQL, a
connection, a dialect or a model class. Everything upstream ends in operations, everything downstream
starts from them.
"""

from peewit.operations.code import RunCode, RunSql, begins_change, changes_schema
from peewit.operations.columns import AddColumn, AlterColumn, DropColumn, FillNulls, RenameColumn, without_references
from peewit.operations.indexes import AddConstraint, AddIndex, DropConstraint, DropIndex
from peewit.operations.matching import constraint_shape, find_constraint, find_index, has_index, index_shape
from peewit.operations.references import parents
from peewit.operations.tables import ChangePrimaryKey, ChangeTable, CreateTable, DropTable, RenameTable

Operation = (
    CreateTable
    | DropTable
    | RenameTable
    | ChangeTable
    | ChangePrimaryKey
    | AddColumn
    | DropColumn
    | RenameColumn
    | AlterColumn
    | FillNulls
    | AddIndex
    | DropIndex
    | AddConstraint
    | DropConstraint
    | RunSql
    | RunCode
)
"""Everything a migration can ask for."""

__all__ = [
    "AddColumn",
    "AddConstraint",
    "AddIndex",
    "AlterColumn",
    "ChangePrimaryKey",
    "ChangeTable",
    "CreateTable",
    "DropColumn",
    "DropConstraint",
    "DropIndex",
    "DropTable",
    "FillNulls",
    "Operation",
    "RenameColumn",
    "RenameTable",
    "RunCode",
    "RunSql",
    "begins_change",
    "changes_schema",
    "constraint_shape",
    "find_constraint",
    "find_index",
    "has_index",
    "index_shape",
    "parents",
    "without_references",
]
