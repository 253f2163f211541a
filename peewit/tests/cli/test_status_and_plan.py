"""What is known of applied migrations, what pending ones say and do, and what they would destroy."""

import re
from pathlib import Path

import peewee as pw
import pytest

from peewit.cli import words

from ..server_project import ServerProject
from .app import App
from .test_losses import in_sqlite, seeded


def test_what_was_applied_says_when_how_long_and_by_whom(app: App) -> None:
    """A column each; the process only where it is asked for."""
    app("create", "first")
    app("migrate")
    (line,) = [line for line in app("status")[1].splitlines() if "[x]" in line]
    assert re.fullmatch(r"  \[x\] 001_first  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC +\d+\.\d\d s  \S+@\S+", line)
    (line,) = [line for line in app("status", "-v")[1].splitlines() if "[x]" in line]
    assert re.search(r"@\S+ \(\d+\)$", line)
    (entry,) = app.json("status")["applied"]
    assert (set(entry), entry["seconds"] > 0) == ({"name", "at", "seconds", "who"}, True)


def test_what_is_pending_says_what_it_does(app: App) -> None:
    """The first few operations, and where the others are told; all of them with -v."""
    app("create", "first")
    app("migrate")
    app.models(*(f"f{number} = pw.CharField(null=True)" for number in range(8)))
    app("create", "many_fields")
    told = [f'        add column "f{number}" to "person"' for number in range(8)]
    lines = app("status")[1].splitlines()
    assert lines[3:] == [
        "  [ ] 002_many_fields",
        *told[:4],
        "        and 4 more: peewit show 002_many_fields",
        "next: peewit migrate",
    ]
    assert app("status", "-v")[1].splitlines()[4:-1] == told
    assert app.json("status")["says"] == {"002_many_fields": [line.strip() for line in told]}


def test_what_a_file_does_is_found_out_where_it_does_not_say_it(app: App) -> None:
    """-v replays the files; one that cannot be replayed says why, and the status is told all the same."""
    app("create", "first")
    (app.migrations / "002_hand.py").write_text(
        '"""Letters for everybody."""\nimport peewee as pw\n\n'
        "def migrate(migrator, database, **_):\n    migrator.add_fields('person', letter=pw.TextField(null=True))\n"
    )
    (app.migrations / "003_broken.py").write_text("def migrate(migrator, database, **_):\n    1 / 0\n")
    assert app("status")[1].splitlines()[4:-1] == [
        "  [ ] 002_hand",
        "        Letters for everybody.",
        "  [ ] 003_broken",
    ]
    code, out, _ = app("status", "-v")
    lines = out.splitlines()
    assert (code, lines[5]) == (0, '        add column "letter" to "person"')
    assert lines[7].startswith("        migration 003_broken cannot be replayed: ZeroDivisionError")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('"""Migration 001_x.\n\n- create table "a"\n- add a column whose name\n  is long\n\nMore.\n- no\n"""\n',
         ['create table "a"', "add a column whose name is long"]),
        ('"""Migration 001_x."""\n', []),
        ('\n"""What a person wrote.\n\nAnd more."""\n', ["What a person wrote."]),
        ("import peewee\n", []),
        ("", []),
        ('"""', []),
    ],
)  # fmt: skip
def test_what_a_file_says_of_itself(source: str, said: list[str]) -> None:
    """The list of its docstring, or its first line."""
    assert words.says_of_itself(source) == said


def test_the_server_is_named(tmp_path: Path, database: pw.Database) -> None:
    """Which database, of which version."""
    project = ServerProject(tmp_path, database)
    assert re.match(r"(PostgreSQL \d+\.\d+|MariaDB \d+\.\d+\.\d+)$", project.manager().status().server)


def check_plan(project: ServerProject) -> None:
    (step,) = project.manager().plan().steps
    assert [loss[1:] for loss in step.destroys] == [("person", "name", 2), ("note", None, 3)]
    assert project.manager().status().pending == ("002_drop",)


def test_a_plan_counts_what_it_destroys(tmp_path: Path) -> None:
    """Rows, and values that are not null, under the names they have now."""
    check_plan(seeded(tmp_path, in_sqlite(tmp_path)))


def test_a_plan_counts_what_it_destroys_on_a_server(tmp_path: Path, database: pw.Database) -> None:
    """The same on every server."""
    check_plan(seeded(tmp_path, database))


def test_a_plan_follows_names_from_step_to_step(tmp_path: Path) -> None:
    """What one migration renames or makes and the next drops is counted as it is now."""
    project = ServerProject(tmp_path, in_sqlite(tmp_path))
    project.write(
        "001_first",
        """
        @migrator.create_model
        class Person(pw.Model):
            name = pw.CharField(null=True)
            class Meta:
                table_name = "person"
        """,
    )
    project.manager().migrate()
    project.sql("INSERT INTO person (name) VALUES ('a'), (NULL)")
    project.write(
        "002_rename",
        'migrator.rename_field("person", "name", "title")\nmigrator.add_fields("person", x=pw.IntegerField(default=1))',
    )
    project.write("003_drop", 'migrator.remove_fields("person", "title", "x")')
    steps = project.manager().plan().steps
    assert [[loss[1:] for loss in step.destroys] for step in steps] == [[], [("person", "name", 1)]]


def test_a_plan_is_read(app: App) -> None:
    """Losses, the rows that are copied, and that nothing was done."""
    app.models("a = pw.CharField(null=True)", "b = pw.CharField(null=True)", "c = pw.IntegerField(null=True)")
    app("create", "first")
    app("migrate")
    database = pw.SqliteDatabase("app.db")
    with database.connection_context():
        database.execute_sql("INSERT INTO person (name, a, c) VALUES ('x', 'y', 1), ('z', 'y', NULL)")
    app.models()
    app("create", "drop", "--no-rename")
    code, out, _ = app("plan")
    lines = out.splitlines()
    assert (code, lines[4:6]) == (
        0,
        ['  destroys 1 value: column "c" of "person"', '  destroys 2 values: column "a" of "person"'],
    )
    assert "    --   lock: writers, rewrites about 2 rows, under a second" in lines
    assert lines[-1] == "nothing of this was done; next: peewit migrate"
    (step,) = app.json("plan")["steps"]
    assert step["destroys"][1] == {"name": "002_drop", "table": "person", "column": "a", "values": 2}
    (effect,) = step["effects"]
    assert 0 < effect.pop("seconds") < 1
    assert effect == {"table": "person", "lock": "writers", "rewrites": True, "scans": False, "rows": 2}
