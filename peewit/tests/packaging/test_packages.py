"""Migrations that travel with an application: in an installed wheel, and in a zipped application that stays zipped."""

from __future__ import annotations

import os
import subprocess
import sys
import zipapp
import zipfile
from pathlib import Path

import pytest
from hatchling import build

import peewit

PROJECT = {
    "pyproject.toml": """
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"

        [project]
        name = "library"
        version = "1.0"

        [tool.hatch.build.targets.wheel]
        packages = ["library"]
    """,
    "library/__init__.py": "",
    "library/models.py": """
        import peewee as pw

        database = pw.SqliteDatabase("library.db")


        class Book(pw.Model):
            title = pw.CharField()
            pages = pw.IntegerField(null=True)

            class Meta:
                database = database
    """,
    "library/migrations/001_books.py": """
        import peewee as pw


        def migrate(migrator, database, *, fake=False):
            @migrator.create_model
            class Book(pw.Model):
                title = pw.CharField()

                class Meta:
                    table_name = "book"


        def rollback(migrator, database, *, fake=False):
            migrator.remove_model("book")
    """,
    "library/migrations/002_pages.py": """
        import peewee as pw


        def migrate(migrator, database, *, fake=False):
            migrator.add_fields("book", pages=pw.IntegerField(null=True))


        def rollback(migrator, database, *, fake=False):
            migrator.remove_fields("book", "pages")
    """,
    "library/start.py": """
        from library.models import Book, database
        from peewit import ConfigError, MigrationManager


        def main():
            manager = MigrationManager(database, "library:migrations", models="library.models")
            print(*manager.ensure_current().applied)
            print(*manager.ensure_current(on_pending="fail").applied)
            print(*manager.status().edited, *manager.status().missing)
            print(manager.check().ok)
            print(*manager.rollback().rolled_back, manager.plan().steps[0].statements[0].sql)
            print(*manager.migrate().applied)
            try:
                manager.create("more", empty=True)
            except ConfigError as error:
                print(error.message, error.hint)
            else:
                print("created")
    """,
}

SOURCES = Path(peewit.__file__).parents[1]

EXPECTED = [
    "001_books 002_pages",
    "",
    "",
    "True",
    '002_pages ALTER TABLE "book" ADD COLUMN "pages" INTEGER',
    "002_pages",
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of an application, built as for an upload."""
    project = tmp_path_factory.mktemp("project")
    for name, text in PROJECT.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = text.strip("\n").splitlines()
        path.write_text("\n".join(line.removeprefix("        ") for line in lines) + "\n")
    before = Path.cwd()
    os.chdir(project)
    try:
        return project / "dist" / build.build_wheel("dist")
    finally:
        os.chdir(before)


def start(folder: Path, *words: str, path: Path | None = None) -> list[str]:
    """Start the application in an empty folder; the lines it prints."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PEEWIT_")}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, filter(None, (path, SOURCES))))
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_an_installed_wheel_brings_its_migrations(wheel: Path, tmp_path: Path) -> None:
    """Unpacked, as an installer leaves it; there a file could also be written."""
    installed = tmp_path / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    printed = start(tmp_path, "-c", "from library.start import main; main()", path=installed)
    assert printed == [*EXPECTED, "created"]
    assert (installed / "library" / "migrations" / "003_more.py").exists()


def test_a_wheel_on_the_path_is_not_unpacked(wheel: Path, tmp_path: Path) -> None:
    """Python imports from a wheel as it is, and the migrations are found in it."""
    printed = start(tmp_path, "-c", "from library.start import main; main()", path=wheel)
    assert printed[:-1] == EXPECTED
    assert printed[-1].endswith("it is inside an archive create migrations where the sources are")


def test_a_zipped_application_migrates_its_database(wheel: Path, tmp_path: Path) -> None:
    """One file, started as a program, with an empty folder around it."""
    tree = tmp_path / "tree"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tree)
    zipapp.create_archive(tree, tmp_path / "library.pyz", main="library.start:main", compressed=True)
    home = tmp_path / "home"
    home.mkdir()
    printed = start(home, str(tmp_path / "library.pyz"))
    assert printed[:-1] == EXPECTED
    assert "003_more.py cannot be written" in printed[-1]
    assert [path.name for path in home.iterdir() if path.suffix == ".db"] == ["library.db"]


def test_the_command_line_finds_them_too(wheel: Path, tmp_path: Path) -> None:
    """``directory = "library:migrations"`` is the same there."""
    words = ("-m", "peewit", "status", "--database", "library.models:database", "--directory", "library:migrations")
    printed = start(tmp_path, *words, path=wheel)
    assert "  [ ] 002_pages" in printed
