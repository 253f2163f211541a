"""What the laws found on MariaDB, each defect once more in its smallest form; what went wrong is in the docstring."""

from __future__ import annotations

from pathlib import Path

import peewee as pw

from ..evolve import model, there_and_back


def test_a_collation_goes_again(mariadb: pw.Database, tmp_path: Path) -> None:
    """A column kept the collation it no longer should have."""
    before = model("Person", name=pw.CharField(collation="utf8mb4_bin"))
    there_and_back(mariadb, tmp_path, [before], [model("Person", name=pw.CharField())])


def test_a_doubled_percent_sign_means_one(mariadb: pw.Database, tmp_path: Path) -> None:
    """Peewee sends its SQL through the driver, where ``%%`` is a ``%``: it was doubled in the database."""
    before = model("Person", name=pw.TextField(constraints=[pw.Check("name NOT LIKE 'a%%'")]))
    default = [pw.SQL("DEFAULT '100%%'"), pw.Check("name NOT LIKE 'a%%'")]
    there_and_back(mariadb, tmp_path, [before], [model("Person", name=pw.TextField(constraints=default))])


def test_a_rule_of_a_json_column_comes_and_goes(mariadb: pw.Database, tmp_path: Path) -> None:
    """A rule of a column became one of the table, beside the one MariaDB makes for JSON by itself."""
    ruled = model("Person", n=pw.IntegerField(), data=pw.JSONField(null=True, constraints=[pw.Check("data <> '5'")]))
    there_and_back(mariadb, tmp_path, [model("Person", n=pw.IntegerField(), data=pw.JSONField(null=True))], [ruled])
