"""Questions to the catalogue that are asked again and again are prepared; who throws them away does no harm."""

from __future__ import annotations

from pathlib import Path

import peewee as pw
import pytest

from ..server_project import ServerProject


@pytest.fixture
def project(tmp_path: Path, postgres: pw.PostgresqlDatabase) -> ServerProject:
    project = ServerProject(tmp_path, postgres)
    columns = "\n".join(
        f"class M{n}(pw.Model):\n    class Meta: table_name = 't{n}'\nmigrator.create_model(M{n})" for n in range(4)
    )
    project.write("001_tables", columns)
    for number in range(2, 6):
        project.write(f"{number:03}_change", f"migrator.add_fields('t{number - 2}', x=pw.IntegerField(null=True))")
    return project


def prepared(project: ServerProject) -> set[str]:
    return {name for (name,) in project.sql("SELECT name FROM pg_prepared_statements WHERE name LIKE 'peewit%%'")}


def test_a_run_prepares_what_it_asks_again(project: ServerProject) -> None:
    """On one connection, however many runs it sees: each question once."""
    if not hasattr(project.database.connection(), "get_transaction_status"):
        pytest.skip("psycopg 3 prepares by itself")
    project.manager().migrate()
    first = prepared(project)
    assert first
    for number in range(6, 9):
        project.write(f"{number:03}_more", f"migrator.change_fields('t{number - 6}', x=pw.BigIntegerField(null=True))")
    project.manager().migrate()
    assert first <= prepared(project)
    assert {name for (name,) in project.sql("SELECT name FROM migratehistory")} == set(project.manager().folder.names())


@pytest.mark.parametrize("how", ["DEALLOCATE ALL", "DISCARD ALL"])
def test_a_file_throws_them_away(project: ServerProject, how: str) -> None:
    """What is gone is asked for again."""
    project.write("004_away", f"migrator.sql('{how}')")
    path = project.directory / "004_away.py"
    path.write_text(path.read_text().replace("import peewee as pw", "import peewee as pw\natomic = False", 1))
    assert project.manager().migrate().applied[-1] == "005_change"
    rows = project.sql("SELECT count(*) FROM information_schema.columns WHERE column_name = 'x'")
    assert rows[0][0] == 4
