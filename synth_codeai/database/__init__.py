"""The front door of the project memory: its database, its models, and its migrations.

`database` is not connected and holds no table until `bring_up_to_date()` has run; migrations are the only
thing that creates or changes tables.
"""

from peewit import MigrationManager, Report

from synth_codeai.database.connection import database
from synth_codeai.database.models import (
    BaseModel,
    HumanInput,
    KeyFact,
    KeySnippet,
    ResearchNote,
    Session,
    SessionStatus,
    Trajectory,
)

__all__ = [
    "BaseModel",
    "HumanInput",
    "KeyFact",
    "KeySnippet",
    "ResearchNote",
    "Session",
    "SessionStatus",
    "Trajectory",
    "bring_up_to_date",
    "database",
    "manager",
]


def manager() -> MigrationManager:
    """Return the migration manager of the project memory; it reads the migrations the package carries."""
    return MigrationManager(
        database, "synth_codeai.database:migrations", models="synth_codeai.database.models"
    )


def bring_up_to_date() -> Report:
    """Apply what is pending and return what was done: the migrations, in order, and the copies made before.

    Called at every start, by as many processes as there are. Raises peewit.PeewitError, of which
    peewit.LockBusyError means that another process is migrating and did not finish in time; the database is
    then as it was. A database that a newer version of the program has used is used all the same, with a
    warning.
    """
    return manager().ensure_current()
