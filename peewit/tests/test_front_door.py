"""The front door: what ``import peewit`` gives, and what it costs."""

import subprocess
import sys
from pathlib import Path

import peewit


def test_the_exported_names_are_these() -> None:
    """A name that joins or leaves the public interface is a decision, not an accident."""
    assert peewit.__all__ == [
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


def test_every_exported_name_is_there() -> None:
    """Each name of the list can be imported."""
    assert [name for name in peewit.__all__ if not hasattr(peewit, name)] == []


def test_a_start_imports_nothing_heavy() -> None:
    """Importing the front door loads Peewee and a few small modules of ours, none of the tools for changes."""
    code = "import sys; from peewit import MigrationManager; print(*sorted(m for m in sys.modules if m.split('.')[0] in WATCHED))"
    watched = "WATCHED = {'peewit', 'click', 'rich', 'sqlglot', 'peewee_migrate', 'playhouse'}; "
    done = subprocess.run([sys.executable, "-c", watched + code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "peewit",
        "peewit.errors",
        "peewit.files",
        "peewit.files.names",
        "peewit.folder",
        "peewit.ledger",
        "peewit.manager",
        "peewit.outcome",
        "peewit.run",
        "peewit.run.database",
        "peewit.run.database.target",
        "peewit.run.records",
        "peewit.run.records.history",
        "peewit.run.records.own_table",
        "peewit.run.records.standing",
        "peewit.sparing",
    ]


def test_a_file_is_migrated_without_what_it_does_not_need(tmp_path: Path) -> None:
    """A pending migration on SQLite loads no other database's part, no parser of SQL, no other tool, and nothing that compares models."""
    (tmp_path / "001_first.py").write_text("def migrate(migrator, database, **_):\n    pass\n")
    code = (
        "import sys; from peewit import MigrationManager; MigrationManager('sqlite:///app.db', '.').migrate(); "
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = done.stdout.split()

    assert "peewit.run.applying.apply" in loaded
    parts = ("mysql_session", "mysql_steps", "postgres_session", "privileges", "scratch", "trial", "stand_in")
    assert set(parts) & {name.rpartition(".")[2] for name in loaded if name.startswith("peewit.run.")} == set()
    assert {"peewit.compile.server", "peewit.compile.mysql"} & set(loaded) == set()
    assert {"sqlglot", "click", "rich", "peewit.diff", "peewit.files.writer", "peewit.cli"} & set(loaded) == set()
    assert {"peewee_migrate", "playhouse.migrate", "unittest"} & set(loaded) == set()
