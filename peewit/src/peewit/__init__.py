"""peewit: change a Peewee model, get a correct, reversible migration file; apply it without losing a row."""

TYPE_CHECKING = False

if TYPE_CHECKING:
    from peewit.errors import (
        AmbiguousRenameError,
        AnswerNeededError,
        BackupError,
        ConfigError,
        ConnectionLostError,
        DataError,
        DiscoveryError,
        DriftError,
        EditedMigrationError,
        IrreversibleError,
        LockBusyError,
        LockLostError,
        MigrationFileError,
        NameTakenError,
        NewerDatabaseError,
        NoRoomError,
        NotAllowedError,
        OutOfDateError,
        PeewitError,
        ProofError,
        RunError,
        SchemaError,
        SqlError,
        UnknownTargetError,
        UnsupportedChangeError,
    )
    from peewit.manager import MigrationManager
    from peewit.migrator import Migrator
    from peewit.outcome import Report, Step
    from peewit.reports import Adopted, Applied, Diagnosis, Finding, Findings, Plan, Repair, Status, Symptom

__all__ = [
    "Adopted",
    "AmbiguousRenameError",
    "AnswerNeededError",
    "Applied",
    "BackupError",
    "ConfigError",
    "ConnectionLostError",
    "DataError",
    "Diagnosis",
    "DiscoveryError",
    "DriftError",
    "EditedMigrationError",
    "Finding",
    "Findings",
    "IrreversibleError",
    "LockBusyError",
    "LockLostError",
    "MigrationFileError",
    "MigrationManager",
    "Migrator",
    "NameTakenError",
    "NewerDatabaseError",
    "NoRoomError",
    "NotAllowedError",
    "OutOfDateError",
    "PeewitError",
    "Plan",
    "ProofError",
    "Repair",
    "Report",
    "RunError",
    "SchemaError",
    "SqlError",
    "Status",
    "Step",
    "Symptom",
    "UnknownTargetError",
    "UnsupportedChangeError",
]

if not TYPE_CHECKING:

    def __getattr__(name):
        """What is asked for is loaded when it is asked for: ``peewit status`` needs nothing of it."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        homes = {"MigrationManager": "manager", "Migrator": "migrator", "Report": "outcome", "Step": "outcome"}
        home = "errors" if name.endswith("Error") else homes.get(name, "reports")
        found = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
        return found

    def __dir__():
        return sorted({*globals(), *__all__})
