"""What doctor says to type, typed as it stands."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import peewee as pw

from peewit import Diagnosis, MigrationManager, Symptom
from peewit.doctor import diagnose


def found(manager: MigrationManager, *, full: bool = False) -> list[Symptom]:
    """What has to be mended; the trials of other tests on the same server left out."""
    symptoms = diagnose(manager, full=full).symptoms
    return [s for s in symptoms if s.severity in ("warning", "problem") and "peewit_trial_" not in s.message]


def only(manager: MigrationManager, about: str) -> Symptom:
    """The one thing that is found of this."""
    symptoms = [symptom for symptom in found(manager) if symptom.about == about]
    assert len(symptoms) == 1, symptoms
    return symptoms[0]


def statements(symptom: Symptom) -> list[str]:
    """The SQL that mends something."""
    return [repair.text for repair in symptom.repairs if repair.text.endswith(";")]


def severities(diagnosis: Diagnosis, about: str) -> list[str]:
    """How bad the answers to one question are."""
    return [symptom.severity for symptom in diagnosis.symptoms if symptom.about == about]


def on_file(path: Path, sql: str) -> None:
    """Run SQL in a SQLite file, as one types it into a shell."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(sql).fetchall()


def on_server(database: pw.Database, sql: str) -> None:
    """Run SQL on a server, on a connection of its own that is in no transaction."""
    other = type(database)(database.database, **database.connect_params)
    with other.connection_context():
        other.cursor().execute(sql)


def shell(command: str, folder: Path, **environment: str) -> str:
    """Type a command in a folder; what it prints. It has to succeed."""
    env = {**os.environ, **environment, "PYTHONPATH": str(folder)}
    env.pop("MAKELEVEL", None)
    line = f'"{sys.executable}" -m {command}' if command.startswith("peewit ") else command
    done = subprocess.run(["sh", "-c", line], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    return done.stdout
