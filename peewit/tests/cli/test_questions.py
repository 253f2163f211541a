"""Questions on a real terminal: asked there only, checked as they are answered, each with the flag that answers it."""

import re
import shlex
import signal
import threading
import time
from collections.abc import Iterator

import peewee as pw
import pytest

from .app import MODELS, App
from .person import on_a_terminal


@pytest.fixture
def one(app: App) -> App:
    """A project with a model in the database, and rows."""
    app.models("email = pw.CharField(null=True)")
    app("create", "first")
    app("migrate")
    database = pw.SqliteDatabase("app.db")
    with database.connection_context():
        database.execute_sql("INSERT INTO person (name, email) VALUES ('a', 'a@b'), ('b', NULL)")
    return app


def test_a_rename_is_asked_the_likeliest_first(one: App) -> None:
    """Enter takes the first; what was answered is shown as it could have been typed."""
    one.models("phone = pw.CharField(null=True)", "mail = pw.CharField(null=True)")
    code, lines = on_a_terminal([""], "create", "contact")
    assert code == 0, lines
    assert lines[0] == "person.email is gone from the models, and these are new: mail, phone"
    assert [re.sub(" +", " ", line) for line in lines[1:4]] == [
        " 1 renamed to mail: what is in it stays --rename person.email:mail",
        " 2 renamed to phone: what is in it stays --rename person.email:phone",
        " 3 dropped, with what is in it --no-rename",
    ]
    assert "without questions: peewit create contact --rename person.email:mail" in lines
    assert '  rename column "email" of "person" to "mail"' in lines


def test_a_drop_that_destroys_is_asked(one: App) -> None:
    """The values are counted; the answer is no where nothing is said, and then nothing is written."""
    one.models("mail = pw.CharField(null=True)")
    code, lines = on_a_terminal(["2", ""], "create", "contact")
    assert (code, lines[-2:]) == (1, ['  1 value: column "email" of "person"', "nothing was written"])
    assert not (one.migrations / "002_contact.py").exists()
    code, lines = on_a_terminal(["2", "y"], "create", "contact")
    assert (code, '  drop column "email" of "person" and its values' in lines) == (0, True)


def test_yes_answers_for_the_drop(one: App) -> None:
    """With every flag given nothing is asked, on a terminal either."""
    one.models("mail = pw.CharField(null=True)")
    code, lines = on_a_terminal([], "create", "contact", "--no-rename", "--yes")
    assert (code, lines[0]) == (0, f"created {one.name}/migrations/002_contact.py")


def test_a_value_is_checked_as_it_is_typed(one: App) -> None:
    """What is no expression, or does not fit, is asked again; nothing at all leaves the table to be empty."""
    one.models("email = pw.CharField(null=True)", "code = pw.CharField(max_length=3)")
    code, lines = on_a_terminal(["'a", "'long'", "None", "'abc'"], "create", "code")
    assert code == 0, lines
    told = [line for line in lines if line.startswith("  the fill value")]
    assert len(told) == 3
    assert told[1] == "  the fill value of person.code has 4 characters, and the field holds 3"
    assert "without questions: peewit create code --fill \"person.code='abc'\"" in lines
    assert 'default="abc"' in (one.migrations / "002_code.py").read_text()


def test_tables_first_then_their_fields(one: App) -> None:
    """A table that got another name, and a field in it that did: both are asked, one after the other."""
    one.models("mail = pw.CharField(null=True)", text=MODELS.replace("Person", "People"))
    code, lines = on_a_terminal(["1", "1"], "create", "people")
    assert code == 0, lines
    assert "without questions: peewit create people --rename person:people --rename person.email:mail" in lines
    assert '  rename table "person" to "people"' in lines


def test_make_is_answered_as_make(one: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The flags are those of make, where make called us."""
    monkeypatch.setenv("MAKELEVEL", "1")
    one.models("mail = pw.CharField(null=True)", "age = pw.IntegerField()")
    answers = ["1", "max(1, 2)"]
    code, lines = on_a_terminal(answers, "create", "contact")
    assert code == 0, lines
    assert re.sub(" +", " ", lines[1]) == " 1 renamed to mail: what is in it stays rename=person.email:mail"
    assert (
        "without questions: make migrate-create name=contact rename=person.email:mail 'fill=person.age=(max(1, 2))'"
        in lines
    )


def test_without_a_terminal_nothing_is_asked(one: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 4, and the two commands that answer; for make, where make called us."""
    one.models("mail = pw.CharField(null=True)")
    code, out, error = one("create", "contact")
    assert (code, out) == (4, "")
    assert error.splitlines()[1:] == [
        "  for a rename, which keeps the data:  peewit create contact --rename person.email:mail",
        "  for a drop and an addition, which loses it:  peewit create contact --no-rename",
    ]
    monkeypatch.setenv("MAKELEVEL", "1")
    assert one("create", "contact")[2].splitlines()[1:] == [
        "  for a rename, which keeps the data:  make migrate-create name=contact rename=person.email:mail",
        "  for a drop and an addition, which loses it:  make migrate-create name=contact rename=none",
    ]


def test_every_answer_that_is_missing_is_named_at_once(one: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rename and a value in one command; what it says to type is taken."""
    one.models("mail = pw.CharField()", "age = pw.IntegerField()")
    code, out, error = one("create", "contact")
    assert (code, out) == (4, "")
    age, mail = "--fill person.age=EXPR", "--fill person.mail=EXPR"
    assert error.splitlines()[1:] == [
        f"  for a rename, which keeps the data:  peewit create contact --rename person.email:mail {age} {mail}",
        f"  for a drop and an addition, which loses it:  peewit create contact --no-rename {mail} {age}",
        "  EXPR is what rows get that have no value, in Python: 0, \"'text'\" or uuid.uuid4()",
    ]
    typed = error.splitlines()[1].partition("peewit ")[2].replace("person.age=EXPR", "person.age=1")
    assert one(*typed.replace("person.mail=EXPR", "person.mail='x'").split())[0] == 0


def test_an_answer_that_is_none_is_asked_again(one: App) -> None:
    """In words: which numbers there are."""
    one.models("mail = pw.CharField(null=True)")
    _, lines = on_a_terminal(["x", "3", "1"], "create", "contact")
    told = [line for line in lines if "none of the answers" in line]
    assert [line.partition("Error: ")[2] for line in told] == [
        '"x" is none of the answers: type a number from 1 to 2',
        '"3" is none of the answers: type a number from 1 to 2',
    ]


def test_two_candidates_are_two_commands(one: App) -> None:
    """Each reading is one line that can be typed."""
    one.models("mail = pw.CharField(null=True)", "phone = pw.CharField(null=True)")
    assert [line.partition(":  ")[2] for line in one("create", "contact")[2].splitlines()[1:]] == [
        "peewit create contact --rename person.email:mail",
        "peewit create contact --rename person.email:phone",
        "peewit create contact --no-rename",
    ]


def test_redo_is_answered_as_redo(one: App) -> None:
    """The command that is named is the one that was typed; the old file is back in its place."""
    one.models("email = pw.CharField(null=True)", "age = pw.IntegerField(null=True)")
    one("create", "age")
    one("migrate")
    one.models("mail = pw.CharField(null=True)")
    code, _, error = one("redo", "--anew")
    assert (code, error.splitlines()[1]) == (
        4,
        "  for a rename, which keeps the data:  peewit redo --anew --rename person.email:mail",
    )
    assert (one.migrations / "002_age.py").exists()
    assert one("redo", "--anew", "--rename", "person.email:mail")[0] == 0


TWO = """import peewee as pw

database = pw.SqliteDatabase("app.db")


class Base(pw.Model):
    class Meta:
        database = database


class {person}(Base):
    {name} = pw.CharField(null=True)


class {pet}(Base):
    {call} = pw.CharField(null=True)
    age = pw.IntegerField(null=True)
"""
OLD = {"person": "Person", "name": "name", "pet": "Pet", "call": "call"}


@pytest.fixture
def two(app: App) -> App:
    """A project with two models."""
    app.models(text=TWO.format(**OLD))
    app("create", "first")
    app("migrate")
    return app


def test_one_rename_leaves_the_other_open(two: App) -> None:
    """What is named is no answer for what is not; that nothing else was renamed can be said beside it."""
    two.models(text=TWO.format(**OLD | {"name": "full_name", "call": "called"}))
    code, out, error = two("create", "names", "--rename", "pet.call:called")
    both = "peewit create names --rename pet.call:called --rename person.name:full_name"
    assert (code, out) == (4, "")
    assert error.splitlines() == [
        'error: renamed, or dropped and added? perhaps "person.name" became "full_name"',
        f"  for a rename, which keeps the data:  {both}",
        "  for a drop and an addition, which loses it:  peewit create names --rename pet.call:called --no-rename",
    ]
    code, out, _ = two("create", "names", "--rename", "pet.call:called", "--no-rename")
    assert (code, 'drop column "name" of "person"' in out, 'rename column "call" of "pet"' in out) == (0, True, True)


def test_a_table_and_a_field_of_another_are_asked_at_once(two: App) -> None:
    """The command that is printed for a rename keeps the data, all of it."""
    two.models(text=TWO.format(**OLD | {"name": "full_name", "pet": "Animal"}))
    code, _, error = two("create", "names")
    typed = "peewit create names --rename pet:animal --rename person.name:full_name"
    assert (code, error.splitlines()[1]) == (4, f"  for a rename, which keeps the data:  {typed}")
    assert error.splitlines()[-1].endswith("  peewit create names --no-rename")
    for only in ("pet:animal", "person.name:full_name"):
        assert two("create", "names", "--rename", only)[0] == 4
    code, out, _ = two(*typed.split()[1:])
    assert (code, "drop" in out) == (0, False)


def test_the_other_rename_is_asked_on_a_terminal(two: App) -> None:
    """One was given by a flag; the question about the other comes all the same."""
    two.models(text=TWO.format(**OLD | {"name": "full_name", "pet": "Animal"}))
    code, lines = on_a_terminal(["1"], "create", "names", "--rename", "person.name:full_name")
    assert (code, lines[0]) == (0, "pet is gone from the models, and this is new: animal")
    typed = "peewit create names --rename person.name:full_name --rename pet:animal"
    assert f"without questions: {typed}" in lines
    assert '  rename table "pet" to "animal"' in lines


def test_what_was_dropped_on_a_terminal_is_told_for_the_next_time(two: App) -> None:
    """One was renamed, the other was not: the command that says both leaves nothing open."""
    two.models(text=TWO.format(**OLD | {"name": "full_name", "call": "called"}))
    code, lines = on_a_terminal(["1", "2"], "create", "names")
    assert code == 0, lines
    (typed,) = [line.partition(": ")[2] for line in lines if line.startswith("without questions")]
    assert typed == "peewit create names --rename pet.call:called --no-rename"
    (two.migrations / "002_names.py").unlink()
    assert two(*typed.split()[1:])[0] == 0


def test_make_says_that_nothing_else_was_renamed(two: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a further word of the same answer."""
    monkeypatch.setenv("MAKELEVEL", "1")
    two.models(text=TWO.format(**OLD | {"name": "full_name", "call": "called"}))
    error = two("create", "names", "--rename", "pet.call:called")[2]
    assert error.splitlines()[-1].endswith("  make migrate-create name=names 'rename=pet.call:called none'")


def test_redo_leaves_nothing_open_either(two: App) -> None:
    """The file that is written anew is out of the way while it is asked, and back in its place."""
    two.models(text=TWO.format(**OLD | {"name": "full_name", "call": "called"}))
    assert two("create", "names", "--no-rename")[0] == 0
    error = two("redo", "--anew", "--rename", "pet.call:called")[2]
    typed = "peewit redo --anew --rename pet.call:called --rename person.name:full_name"
    assert error.splitlines()[1] == f"  for a rename, which keeps the data:  {typed}"
    assert "drop column" in (two.migrations / "002_names.py").read_text()
    assert two(*typed.split()[1:])[0] == 0
    assert "drop column" not in (two.migrations / "002_names.py").read_text()


def test_json_asks_nothing(one: App) -> None:
    """A program that reads the output gets the refusal, on a terminal too."""
    one.models("mail = pw.CharField(null=True)")
    code, lines = on_a_terminal([], "create", "contact", "--json")
    assert (code, lines[0][:37]) == (4, "error: renamed, or dropped and added?")


OWNED = """import peewee as pw

database = pw.SqliteDatabase("app.db")


class Base(pw.Model):
    class Meta:
        database = database


class {person}(Base):
    {name} = pw.CharField()
    {age} = pw.IntegerField()
    {nick} = pw.CharField(null=True)


class Pet(Base):
    {owner} = pw.ForeignKeyField({person})
"""
PERSON = {"person": "Person", "name": "name", "age": "age", "nick": "nick", "owner": "owner"}
FIELDS = {"name": "full_name", "age": "years", "nick": "nickname"}
HUMAN = {"person": "Human", **FIELDS, "owner": "keeper"}
TO_FIELDS = "--rename person.name:full_name --rename person.age:years --rename person.nick:nickname"


@pytest.fixture
def owned(app: App) -> App:
    """A project with two models in the database, one of which refers to the other, and rows."""
    app.models(text=OWNED.format(**PERSON))
    app("create", "first")
    app("migrate")
    database = pw.SqliteDatabase("app.db")
    with database.connection_context():
        database.execute_sql("INSERT INTO person (name, age, nick) VALUES ('Ann', 40, 'an')")
        database.execute_sql("INSERT INTO pet (owner_id) VALUES (1)")
    return app


def test_the_natural_answer_is_the_first(owned: App) -> None:
    """All fields are paired together; on a terminal Enter takes the same."""
    owned.models(text=OWNED.format(**PERSON | FIELDS))
    error = owned("create", "names")[2]
    assert error.splitlines()[1] == f"  for a rename, which keeps the data:  peewit create names {TO_FIELDS}"
    code, lines = on_a_terminal(["", "", ""], "create", "names")
    assert code == 0, lines
    assert not [line for line in lines if "drop column" in line]
    assert {line.strip() for line in lines} >= {
        f'rename column "{old}" of "person" to "{new}"'
        for old, new in (("name", "full_name"), ("age", "years"), ("nick", "nickname"))
    }


def test_the_first_of_two_new_fields_is_offered_first(app: App) -> None:
    """Where both are as much alike, as they stand in the model."""
    app("create", "first")
    text = MODELS.replace("name = pw.CharField()", "first_name = pw.CharField(null=True)")
    app.models("last_name = pw.CharField(null=True)", text=text)
    _, lines = on_a_terminal([""], "create", "names")
    assert lines[0] == "person.name is gone from the models, and these are new: first_name, last_name"
    assert '  rename column "name" of "person" to "first_name"' in lines


def test_a_line_that_drops_says_so(one: App) -> None:
    """Two went, and one came: what goes is named."""
    one.models(
        "mail = pw.CharField(null=True)", text=MODELS.replace("name = pw.CharField()", "age = pw.IntegerField()")
    )
    code, _, error = one("create", "contact")
    assert (code, [line.strip().partition(":  ")[0] for line in error.splitlines()[1:4]]) == (
        4,
        [
            "for a rename, which drops person.name",
            "for a rename, which drops person.email",
            "for a drop and an addition, which loses it",
        ],
    )


def test_a_table_whose_fields_were_renamed_too_is_asked(owned: App) -> None:
    """The command that is printed keeps every row and every value."""
    owned.models(text=OWNED.format(**HUMAN))
    code, _, error = owned("create", "big")
    typed = f"peewit create big --rename person:human {TO_FIELDS} --rename pet.owner:keeper"
    assert (code, error.splitlines()[:2]) == (
        4,
        [
            'error: renamed, or dropped and added? perhaps "person" became "human"',
            f"  for a rename, which keeps the data:  {typed}",
        ],
    )
    code, _, error = owned("create", "big", "--rename", "pet.owner:keeper")
    assert (code, '"person" became "human"' in error) == (4, True)
    code, out, error = owned(*typed.split()[1:])
    assert (code, "drop" in out) == (0, False), error
    assert owned("migrate")[0] == 0
    database = pw.SqliteDatabase("app.db")
    with database.connection_context():
        rows = database.execute_sql("SELECT full_name, years, nickname FROM human JOIN pet ON keeper_id = human.id")
        assert rows.fetchall() == [("Ann", 40, "an")]


def test_one_new_name_in_two_tables_is_asked_for_both(two: App) -> None:
    """That it is taken in one table leaves it to the other."""
    two.models(text=TWO.format(**OLD | {"name": "label", "call": "label"}))
    code, lines = on_a_terminal(["1", "1"], "create", "labels")
    assert code == 0, lines
    assert {'  rename column "name" of "person" to "label"', '  rename column "call" of "pet" to "label"'} <= set(lines)


def test_the_command_without_questions_asks_none(one: App) -> None:
    """Where it was asked whether values may go, --yes is in it; typed as it stands it asks nothing more."""
    one.models("code = pw.IntegerField()")
    code, lines = on_a_terminal(["2", "y"], "create", "code")
    typed = "peewit create code --fill person.code=2 --yes"
    assert (code, f"without questions: {typed}" in lines) == (0, True), lines
    (one.migrations / "002_code.py").unlink()
    code, lines = on_a_terminal([], *typed.split()[1:])
    assert (code, lines[0]) == (0, f"created {one.name}/migrations/002_code.py")


def test_the_command_without_questions_asks_none_by_make(one: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not asked with args=--yes is told so, at the question and in the command."""
    monkeypatch.setenv("MAKELEVEL", "1")
    one.models("code = pw.IntegerField()")
    code, lines = on_a_terminal(["2", "y"], "create", "code", prompts=True)
    assert code == 0, lines
    assert "write the migration (not asked with args=--yes) [y/N]: " in "\n".join(lines)
    typed = "make migrate-create name=code fill=person.code=2 args=--yes"
    assert any(line.endswith(f"without questions: {typed}") for line in lines)


def test_a_redo_without_questions_asks_none(one: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked before its file is written anew counts as well; by make all of it is one word."""
    one.models("email = pw.CharField(null=True)", "age = pw.IntegerField(null=True)")
    one("create", "age")
    one("migrate")
    database = pw.SqliteDatabase("app.db")
    with database.connection_context():
        database.execute_sql("UPDATE person SET age = 3")
    one.models("email = pw.CharField(null=True)", "mood = pw.CharField()")
    code, lines = on_a_terminal(["y", "'so so'"], "redo", "--anew")
    typed = "peewit redo --anew --fill \"person.mood='so so'\" --yes"
    assert (code, f"without questions: {typed}" in lines) == (0, True), lines
    monkeypatch.setenv("MAKELEVEL", "1")
    one.models("email = pw.CharField(null=True)", "face = pw.CharField()")
    code, lines = on_a_terminal(["y", "'so so'"], "redo", "--anew")
    (told,) = [line for line in lines if line.startswith("without questions")]
    task, _, given = told.removeprefix("without questions: ").partition(" args=")
    assert (code, task) == (0, "make migrate-redo")
    assert shlex.split(shlex.split(given)[0]) == ["--anew", "--fill", "person.face='so so'", "--yes"]


@pytest.fixture
def _ctrl_c_is_heard() -> Iterator[None]:
    """What a shell starts in its background ignores Ctrl-C."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("_ctrl_c_is_heard")
def test_who_stops_at_a_question_is_told_what_was_not_done(one: App) -> None:
    """On a line of its own, with the exit code of Ctrl-C; also where the terminal says that nothing more comes."""
    one.models("email = pw.CharField(null=True)", "age = pw.IntegerField()")
    code, lines = on_a_terminal(["\x04"], "create", "age")
    assert (code, lines[-1]) == (130, "interrupted: nothing was written")
    assert not (one.migrations / "002_age.py").exists()
    one.models()

    def stopped() -> str:
        time.sleep(0.3)  # Python passes over what interrupts it while it begins to read
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(0.3)
        return ""

    code, lines = on_a_terminal([stopped], "create", "no_email")
    assert (code, lines[-1]) == (130, "interrupted: nothing was written")
    code, lines = on_a_terminal([stopped], "rollback")
    assert (code, lines[-1]) == (130, "interrupted: nothing was undone")
    assert one("status")[1].splitlines()[1] == "1 applied, 0 pending"


def test_a_bare_word_is_told_to_need_quotes(one: App) -> None:
    """The likeliest mistake at the prompt, and by the flag."""
    one.models("email = pw.CharField(null=True)", "mood = pw.CharField()")
    assert "a text needs quotes: 'unknown'" in one("create", "mood", "--fill", "person.mood=unknown")[2]
    code, lines = on_a_terminal(["unknown", "code", "'x'"], "create", "mood")
    told = [line for line in lines if line.startswith("  the fill value")]
    knows = "uses \"unknown\", which a migration file does not know; a text needs quotes: 'unknown'; else use "
    assert (code, told[0].startswith(f"  the fill value of person.mood {knows}")) == (0, True), lines
    assert told[1].endswith("; a text needs quotes")


def test_the_help_says_what_a_missing_value_means(one: App) -> None:
    """The file is written, with exit code 0, and stops at rows."""
    text = " ".join(one("create", "--help")[1].split())
    assert (
        "Where they have no value for rows that exist, the file is written, works only where no row needs one" in text
    )
    one.models("email = pw.CharField(null=True)", "age = pw.IntegerField()")
    assert one("create", "age")[0] == 0
    assert one("migrate")[0] == 2
