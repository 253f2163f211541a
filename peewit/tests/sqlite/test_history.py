"""History: targets, files that were edited or are gone, and what the journal remembers of them."""

from __future__ import annotations

from typing import Any

import pytest

from peewit import EditedMigrationError, IrreversibleError, PeewitError, UnknownTargetError

from .project import Project

NAMES = ("001_start", "002_second", "003_third", "010_tenth", "100_hundredth")


def given(project: Project) -> None:
    """Five migrations, each of which makes a table of its number and takes it away again."""
    for name in NAMES:
        table = f"t{name[:3]}"
        project.write(name, f"migrator.sql('CREATE TABLE {table} (a)')", f"migrator.sql('DROP TABLE {table}')")


def applied(project: Project) -> list[str]:
    """The numbers of what is applied, by the history and by the tables that are there."""
    names = [entry.name[:3] for entry in project.manager().status().applied]
    tables = sorted(name[1:] for name in project.texts() if name.startswith("t"))
    assert names == tables
    return names


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (None, ["001", "002", "003", "010", "100"]),
        ("+1", ["001"]),
        ("+3", ["001", "002", "003"]),
        ("+99", ["001", "002", "003", "010", "100"]),
        ("002_second", ["001", "002"]),
        ("002", ["001", "002"]),
        ("2", ["001", "002"]),
        ("002_s", ["001", "002"]),
        ("second", ["001", "002"]),
        ("1", ["001"]),
        ("10", ["001", "002", "003", "010"]),
    ],
)
def test_migrate_up_to_a_target(project: Project, target: str | None, expected: list[str]) -> None:
    """A full name, its beginning, its number, what follows the number, or so many."""
    given(project)

    report = project.manager().migrate(target)

    assert applied(project) == expected == [name[:3] for name in report.applied]


@pytest.mark.parametrize("target", ["00", "t", "nonsense", "004", "+", "+-1", "-1", "", "zero"])
def test_a_target_that_is_none_or_several_is_refused(project: Project, target: str) -> None:
    """A target that means nothing, or more than one migration, changes nothing."""
    given(project)
    project.manager().migrate("+1")

    with pytest.raises(UnknownTargetError):
        project.manager().migrate(target)

    assert applied(project) == ["001"]


def test_a_target_that_is_applied_already(project: Project) -> None:
    """There is nothing to do, and nothing is done."""
    given(project)
    project.manager().migrate("003")

    assert project.manager().migrate("002").applied == ()
    assert applied(project) == ["001", "002", "003"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ["001", "002", "003", "010"]),
        ({"count": 2}, ["001", "002", "003"]),
        ({"count": 9}, []),
        ({"target": "002"}, ["001", "002"]),
        ({"target": "100"}, ["001", "002", "003", "010", "100"]),
        ({"target": "zero"}, []),
    ],
)
def test_rollback_to_a_target(project: Project, arguments: dict[str, Any], expected: list[str]) -> None:
    """The newest, so many, down to a target that stays, or all; newest first."""
    given(project)
    project.manager().migrate()

    report = project.manager().rollback(**arguments)

    assert applied(project) == expected
    assert list(report.rolled_back) == [name for name in reversed(NAMES) if name[:3] not in expected]


@pytest.mark.parametrize(
    "arguments", [{"target": "nonsense"}, {"target": "00"}, {"count": 0}, {"target": "001", "count": 1}]
)
def test_a_rollback_to_nowhere_is_refused(project: Project, arguments: dict[str, Any]) -> None:
    """Nothing is rolled back where the target is not clear."""
    given(project)
    project.manager().migrate()

    with pytest.raises(PeewitError):
        project.manager().rollback(**arguments)

    assert len(applied(project)) == 5


def test_a_rollback_goes_by_the_order_of_application(project: Project) -> None:
    """A file that came late has the smaller number, and is still the newest."""
    given(project)
    project.directory.joinpath("002_second.py").rename(project.directory / "later")
    project.manager().migrate()
    project.directory.joinpath("later").rename(project.directory / "002_second.py")
    late = project.manager().status().out_of_order
    project.manager().migrate()

    project.manager().rollback()

    assert late == ("002_second",)
    assert sorted(entry.name for entry in project.manager().status().applied) == sorted({*NAMES} - {"002_second"})


def test_a_migration_whose_file_is_gone_is_rolled_back_from_the_copy(project: Project) -> None:
    """The journal has kept the text: another branch's migration can be undone without its file."""
    given(project)
    project.manager().migrate()
    project.directory.joinpath("100_hundredth.py").unlink()

    missing = project.manager().status().missing
    project.manager().rollback()

    assert missing == ("100_hundredth",)
    assert applied(project) == ["001", "002", "003", "010"]


def test_a_gone_file_without_a_copy_is_told(project: Project) -> None:
    """A migration that stock peewee-migrate applied has no copy: the error names the file to get back."""
    given(project)
    project.manager().migrate("+1")
    project.sql("DELETE FROM migratehistory_journal")
    project.directory.joinpath("001_start.py").unlink()

    with pytest.raises(UnknownTargetError, match=r"001_start\.py"):
        project.manager().rollback()


@pytest.mark.parametrize("way", ["comments", "blank lines", "quotes", "line endings"])
def test_an_edit_of_the_form_is_free(project: Project, way: str) -> None:
    """Comments, blank lines, quotes and line endings of an applied file may change."""
    given(project)
    project.manager().migrate("+2")
    path = project.directory / "001_start.py"
    text = path.read_text()
    path.write_bytes(
        {
            "comments": "# a comment\n" + text,
            "blank lines": text.replace("\n", "\n\n"),
            "quotes": text.replace("'", '"'),
            "line endings": text.replace("\n", "\r\n"),
        }[way].encode()
    )

    assert project.manager().status().edited == ()
    assert project.manager().migrate("+1").applied == ("003_third",)


def test_an_edit_of_the_meaning_is_refused_until_it_is_accepted(project: Project) -> None:
    """An applied file that says something else stops the next migration, but not a program with nothing to do."""
    given(project)
    project.manager().migrate("+2")
    path = project.directory / "001_start.py"
    path.write_text(path.read_text().replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))

    edited = project.manager().status().edited
    with pytest.raises(EditedMigrationError, match="001_start") as raised:
        project.manager().migrate()
    accepted = project.manager().accept("001")

    assert edited == ("001_start",)
    assert "peewit accept 001_start" in str(raised.value)
    assert accepted == "001_start"
    assert project.manager().status().edited == ()
    assert len(project.manager().migrate().applied) == 3


def test_nothing_is_checked_where_nothing_is_pending(project: Project) -> None:
    """An edited file is no reason not to start where the database is up to date."""
    given(project)
    project.manager().migrate()
    path = project.directory / "001_start.py"
    path.write_text(path.read_text().replace("(a)", "(a, b)"))

    assert project.manager().migrate().applied == ()


@pytest.mark.parametrize("name", ["003", "nonsense"])
def test_only_what_is_applied_can_be_accepted(project: Project, name: str) -> None:
    """A pending or unknown migration has no text to replace."""
    given(project)
    project.manager().migrate("+2")

    with pytest.raises(UnknownTargetError):
        project.manager().accept(name)


def test_a_gone_file_cannot_be_accepted(project: Project) -> None:
    """There is no new text to take: the error says that the file is not there."""
    given(project)
    project.manager().migrate()
    project.directory.joinpath("001_start.py").unlink()

    with pytest.raises(PeewitError, match="001_start"):
        project.manager().accept("001")


def test_a_migration_without_a_way_back_is_refused_and_can_be_forgotten(project: Project) -> None:
    """A file without rollback says so; --fake removes the history row and nothing else."""
    project.directory.mkdir()
    project.directory.joinpath("001_one_way.py").write_text(
        "def migrate(migrator, database):\n    migrator.sql('CREATE TABLE t (a)')\n"
    )
    project.manager().migrate()

    with pytest.raises(IrreversibleError, match="--fake"):
        project.manager().rollback()
    project.manager().rollback(fake=True)

    assert project.manager().status().applied == ()
    assert list(project.texts()) == ["t"]


def test_fake_writes_the_history_only(project: Project) -> None:
    """What the database has already is noted as applied and not made again."""
    given(project)
    project.sql("CREATE TABLE t001 (a)")

    project.manager().migrate("+1", fake=True)
    project.manager().migrate("+1")

    assert applied(project) == ["001", "002"]


def test_another_history_table(project: Project) -> None:
    """The history may go by any name, and the journal beside it follows."""
    given(project)
    manager = project.manager(history_table="my history")

    manager.migrate("+2")
    manager.rollback()

    assert [entry.name for entry in manager.status().applied] == ["001_start"]
    made = {name for name in project.texts() if "history" in name}
    assert made == {"my history", "my history_journal", "my history_journal_open"}


def test_the_history_in_a_schema(project: Project) -> None:
    """schema="main" is the database itself."""
    given(project)
    manager = project.manager(schema="main")

    manager.migrate("+2")

    assert [entry.name for entry in manager.status().applied] == ["001_start", "002_second"]
    assert applied(project) == ["001", "002"]
