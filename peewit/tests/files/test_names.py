"""The names of migration files: which count, in which order, and what the next one is called."""

import errno
import os
from pathlib import Path

import pytest

from peewit.errors import ConfigError, NameTakenError, UnknownTargetError
from peewit.files.checksum import same_meaning
from peewit.files.names import next_name, scan, snake_case
from peewit.folder import Folder, resolve


@pytest.mark.parametrize(("names", "expected"), [
    ([], "001_new"),
    (["001_a"], "002_new"),
    (["000_a"], "001_new"),
    (["002_a", "007_b"], "008_new"),
    (["001_a", "001_b"], "002_new"),
    (["0001_a"], "0002_new"),
    (["999_a"], "1000_new"),
    (["1000_a", "002_b"], "1001_new"),
    (["20240101120000_a"], "20240101120001_new"),
])  # fmt: skip
def test_the_next_number(names: list[str], expected: str) -> None:
    """The highest number plus one, as wide as the others."""
    assert next_name(names, "new") == expected


@pytest.mark.parametrize(("files", "expected"), [
    (["010_b.py", "002_a.py", "1000_c.py", "999_d.py"], ["002_a", "010_b", "999_d", "1000_c"]),
    (["001_b.py", "001_a.py"], ["001_a", "001_b"]),
    (["20240101_b.py", "000_a.py"], ["000_a", "20240101_b"]),
    (["conf.py", "__init__.py", "001_a.pyc", "001_a.txt", "001-a.py", "a_001.py", "001_.py", "001_a.b.py"], []),
    (["001_größe.py"], ["001_größe"]),
])  # fmt: skip
def test_which_files_count(tmp_path: Path, files: list[str], expected: list[str]) -> None:
    """Digits, an underscore, a word; in the order of their numbers, then of their names."""
    for name in files:
        (tmp_path / name).touch()
    assert scan(tmp_path) == expected


def test_a_missing_folder_is_empty(tmp_path: Path) -> None:
    """There are no migrations where there is no folder."""
    assert scan(tmp_path / "none") == []


@pytest.mark.parametrize(("text", "expected"), [
    ("add_email", "add_email"),
    ("Add Email", "add_email"),
    ("AddEmail", "add_email"),
    ("addHTMLField", "add_htmlfield"),
    ("add-email.py", "add_email_py"),
    ("  a  b  ", "a_b"),
    ("../../etc/passwd", "etc_passwd"),
    ("größe", "größe"),
    ("a/b\\c", "a_b_c"),
    ("_x_", "x"),
    ("2", "2"),
    ("!!!", ""),
    ("", ""),
])  # fmt: skip
def test_a_typed_name_becomes_snake_case(text: str, expected: str) -> None:
    """Whatever is typed, the name is one plain word."""
    assert snake_case(text) == expected


@pytest.mark.parametrize("text", ["", "   ", "!!!", "/"])
def test_a_name_of_nothing_is_refused(tmp_path: Path, text: str) -> None:
    """A name needs a letter or a digit."""
    with pytest.raises(NameTakenError, match="is no name for a migration"):
        Folder(tmp_path).new_name(text)


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    """Writing over a file is refused, and it stays as it is."""
    (tmp_path / "001_a.py").write_text("mine")
    with pytest.raises(NameTakenError, match="exists already"):
        Folder(tmp_path).write("001_a", "other")
    assert (tmp_path / "001_a.py").read_text() == "mine"


def test_a_file_that_somebody_else_wrote_meanwhile(tmp_path: Path) -> None:
    """Two who create at once would both say the same change, under one number: the later one is refused."""
    folder = Folder(tmp_path)
    names = [folder.new_name(words) for words in ("mine", "theirs")]
    Folder(tmp_path).write(names[1], "theirs")
    with pytest.raises(NameTakenError, match=r"001_theirs\.py was written meanwhile") as raised:
        folder.write(names[0], "mine")
    assert "no file was written" in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["001_theirs.py"]


def test_what_a_killed_process_left_half_written_goes(tmp_path: Path) -> None:
    """With the next file; what is no part of ours stays."""
    (tmp_path / ".001_first.4711.part").write_text("def migr")
    (tmp_path / ".env.part").write_text("theirs")
    Folder(tmp_path).write("001_first", "text")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env.part", "001_first.py"]


NAMES = ["001_first", "002_second", "002_other", "010_second_thing", "1000_last"]


@pytest.mark.parametrize(("target", "expected"), [
    ("001_first", "001_first"), ("001", "001_first"), ("1", "001_first"), ("first", "001_first"),
    ("second", "002_second"), ("10", "010_second_thing"), ("1000", "1000_last"), ("002_s", "002_second"),
])  # fmt: skip
def test_a_target_is_found(target: str, expected: str) -> None:
    """A full name, a unique beginning, the words after the number, or the number."""
    assert resolve(target, NAMES) == expected


@pytest.mark.parametrize(("target", "expected"), [
    ("002", '"002" may mean 002_second, 002_other\ngive more of the name'),
    ("2", '"2" may mean 002_second, 002_other\ngive more of the name'),
    ("frist", 'no migration is called "frist"\ndid you mean "first"?'),
    ("zzz", 'no migration is called "zzz"\nknown: 001_first, 002_second, 002_other, 010_second_thing, 1000_last'),
])  # fmt: skip
def test_a_target_in_doubt_is_refused(target: str, expected: str) -> None:
    """The error says what it may mean, or what is like it."""
    with pytest.raises(UnknownTargetError) as caught:
        resolve(target, NAMES)
    assert (caught.value.message, caught.value.hint) == tuple(expected.split("\n"))


def test_a_target_is_a_text() -> None:
    """What a program hands over is looked at as well."""
    with pytest.raises(ConfigError, match="a migration is meant by its name, not by 7"):
        resolve(7, NAMES)  # type: ignore[arg-type]


@pytest.mark.parametrize(("a", "b", "expected"), [
    ("x = 1", "x  =  1  # why", True),
    ("def f():\n    'old'\n    x()", "def f():\n    'new'\n\n    x()", True),
    ("'a'\nx = 1", "x = 1", True),
    ("x = 1", "x = 2", False),
    ("x = 'a'", 'x = "a"', True),
    ("x = 1", "x = (", False),
])  # fmt: skip
def test_what_an_edit_changes(a: str, b: str, expected: bool) -> None:
    """Comments, spacing and docstrings are free; everything else is an edit."""
    assert same_meaning(a.encode(), b.encode()) is expected


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """Where the folder cannot be made, that is said, and nothing is there."""
    (tmp_path / "app").write_text("a file")

    with pytest.raises(ConfigError, match=r"001_first\.py cannot be written") as raised:
        Folder(tmp_path / "app" / "migrations").write("001_first", "text")

    assert "no file was written" in str(raised.value)


def test_a_disk_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file gets its name there as well, is whole, and is not written over another one."""

    def none(*_: object) -> None:
        raise PermissionError(errno.EPERM, "this disk knows no links")

    monkeypatch.setattr(os, "link", none)
    folder = Folder(tmp_path / "migrations")

    path = folder.write("001_first", "text")
    with pytest.raises(NameTakenError, match="exists already"):
        folder.write("001_first", "another")

    assert [(each.name, each.read_text()) for each in path.parent.iterdir()] == [("001_first.py", "text")]
