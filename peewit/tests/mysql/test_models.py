"""Changes of models on MariaDB: what is not asked to change is as it was."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit import DataError, ProofError, Step, UnsupportedChangeError
from peewit.compile import Execute

from ..server_project import ServerProject


@pytest.fixture
def project(mariadb: pw.Database, tmp_path: Path) -> ServerProject:
    """A project with nothing in it."""
    return ServerProject(tmp_path, mariadb)


def described(project: ServerProject, table: str) -> str:
    """A table in the server's words."""
    return str(project.sql(f"SHOW CREATE TABLE `{table}`")[0][1])


def test_the_check_of_a_renamed_column_is_kept_when_its_type_changes(project: ServerProject) -> None:
    """The catalogue goes on listing it under the column's old name."""

    def model(name: str, kind: Any) -> type[pw.Model]:
        fields = {name: kind(constraints=[pw.Check(f"{name} > -10")])}
        return type("Thing", (pw.Model,), fields)

    project.change(model("n", pw.IntegerField), name="start")
    project.change(model("m", pw.IntegerField), renames={"thing.n": "m"})
    project.change(model("m", pw.BigIntegerField), name="wide")
    assert "CHECK (`m` > -10)" in described(project, "thing")
    assert project.manager().check().ok


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("CREATE FULLTEXT INDEX i ON thing (v)", "FULLTEXT KEY `i` (`v`)"),
        ("CREATE INDEX i ON thing (n) COMMENT 'it\\'s'", "KEY `i` (`n`) COMMENT 'it''s'"),
        ("CREATE INDEX i USING BTREE ON thing (n)", "KEY `i` (`n`)"),
        ("CREATE INDEX i ON thing (n) USING BTREE ALGORITHM=INPLACE LOCK=NONE", "KEY `i` (`n`) "),
    ],
)
def test_an_index_in_sql_of_its_own(project: ServerProject, text: str, made: str) -> None:
    """It is made as written, on a table that was there and on a new one; known again, and dropped by its name."""

    def model(table: str) -> Any:
        return type(table.title(), (pw.Model,), {"v": pw.TextField(), "n": pw.IntegerField()})

    project.change(model("thing"), name="start")
    thing, new = model("thing"), model("anew")
    thing.add_index(pw.SQL(text))
    new.add_index(pw.SQL(text.replace("thing", "anew")))
    project.change(thing, new)
    assert made.strip() in described(project, "thing")
    assert made.strip() in described(project, "anew")
    assert project.manager().create("again") is None
    assert project.manager().check().ok
    project.manager().rollback()
    assert "`i`" not in described(project, "thing")
    project.manager().migrate()
    assert project.manager().check().ok


@pytest.mark.parametrize("mode", ["ANSI_QUOTES", "ANSI", "NO_BACKSLASH_ESCAPES", ""])
def test_checks_are_found_again_whatever_the_sql_mode(mariadb: pw.Database, tmp_path: Path, mode: str) -> None:
    def model(limit: int) -> type[pw.Model]:
        class Thing(pw.Model):
            n = pw.IntegerField(constraints=[pw.Check(f"n > {limit}")])

        return Thing

    options = {**mariadb.connect_params, "sql_mode": mode}
    project = ServerProject(tmp_path, pw.MySQLDatabase(mariadb.database, **options))
    project.change(model(1), name="start")
    project.change(model(2))
    assert "> 2" in described(project, "thing")
    assert "> 1" not in described(project, "thing")


def test_rows_without_their_parent_are_found_before_the_old_key_goes(project: ServerProject) -> None:
    def models(field: str) -> list[type[pw.Model]]:
        class Author(pw.Model):
            number = pw.IntegerField(unique=True)

        class Book(pw.Model):
            author = pw.ForeignKeyField(Author, field=field)

        return [Author, Book]

    project.change(*models("id"), name="start")
    project.sql("INSERT INTO author (number) VALUES (10)")
    project.sql("INSERT INTO book (author_id) VALUES (1)")
    before = described(project, "book")
    with pytest.raises(DataError, match="1 row"):
        project.change(*models("number"))
    assert described(project, "book") == before


def test_two_keys_to_one_table_that_becomes_wider(project: ServerProject) -> None:
    """One comes again under its old name, the other gets a new one from the server: not the same."""

    def models(kind: Any, action: str | None) -> list[type[pw.Model]]:
        class Author(pw.Model):
            id = kind()

        class Book(pw.Model):
            first = pw.ForeignKeyField(Author, backref="+")
            second = pw.ForeignKeyField(Author, backref="-", null=True, on_delete=action)

        return [Author, Book]

    project.change(*models(pw.AutoField, None), name="start")
    project.change(*models(pw.BigAutoField, "SET NULL"))
    assert described(project, "book").count("FOREIGN KEY") == 2
    assert project.manager().check().ok


def test_a_collation_is_kept_by_a_longer_text_and_goes_when_the_model_leaves_it_out(project: ServerProject) -> None:
    def model(length: int, *constraints: Any) -> type[pw.Model]:
        class Thing(pw.Model):
            name = pw.CharField(max_length=length, constraints=constraints)

        return Thing

    project.change(model(10), name="start")
    project.sql(
        "ALTER TABLE thing MODIFY name VARCHAR(10) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL COMMENT 'c'"
    )
    project.change(model(20))
    assert "varchar(20) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL COMMENT 'c'" in described(project, "thing")
    project.change(model(20, pw.SQL("COLLATE utf8mb4_bin")), name="named")
    assert "utf8mb4_bin" in described(project, "thing")
    project.change(model(20), name="unnamed")
    assert "utf8mb4_bin" not in described(project, "thing")


def test_no_trigger_runs_for_rows_that_are_filled(project: ServerProject) -> None:
    """It would change what nobody asked to change, and cannot be told to rest."""

    class Thing(pw.Model):
        name = pw.CharField()

    project.change(Thing, name="start")
    project.sql("INSERT INTO thing (name) VALUES ('a')")
    project.sql("CREATE TRIGGER louder BEFORE UPDATE ON thing FOR EACH ROW SET NEW.name = CONCAT(NEW.name, '!')")
    before = described(project, "thing")

    class Filled(pw.Model):
        name = pw.CharField()
        key = pw.UUIDField(default=uuid.uuid4)

        class Meta:
            table_name = "thing"

    with pytest.raises(UnsupportedChangeError, match="louder"):
        project.change(Filled)
    assert described(project, "thing") == before
    assert project.sql("SELECT name FROM thing") == [("a",)]


def test_raw_sql_of_models_means_what_it_means_in_create_tables(project: ServerProject) -> None:
    class Start(pw.Model):
        name = pw.CharField(null=True)

        class Meta:
            table_name = "thing"

    class Thing(pw.Model):
        name = pw.CharField(null=True, constraints=[pw.Check("name NOT LIKE 'a%%'")])
        rate = pw.CharField(constraints=[pw.SQL("DEFAULT '100%%'")])
        code = pw.IntegerField(null=True, constraints=[pw.SQL("UNIQUE")])
        changed = pw.DateTimeField(constraints=[pw.SQL("DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")])

    project.change(Start, name="start")
    project.sql("INSERT INTO thing (name) VALUES ('b')")
    project.change(Thing)
    assert project.sql("SELECT rate FROM thing") == [("100%",)]
    assert project.manager().create("again") is None
    assert project.manager().check().ok
    project.manager().rollback()
    project.manager().migrate()
    assert project.manager().check().ok


def test_a_foreign_key_of_nobody_is_not_dropped_in_passing(project: ServerProject) -> None:
    def model(kind: Any) -> type[pw.Model]:
        class Thing(pw.Model):
            code = kind()

        return Thing

    project.change(model(pw.IntegerField), name="start")
    project.sql("CREATE TABLE codes (code INTEGER PRIMARY KEY)")
    project.sql("ALTER TABLE thing ADD CONSTRAINT by_hand FOREIGN KEY (code) REFERENCES codes (code)")
    with pytest.raises(Exception, match="by_hand"):
        project.change(model(pw.BigIntegerField))
    assert "by_hand" in described(project, "thing")


@pytest.mark.parametrize("statement", ["SET NEW.a = NEW.a + 1", "INSERT INTO log (a) VALUES (NEW.a)"])
@pytest.mark.parametrize("change", ["rename a column", "rename a table", "drop a table", "drop a column"])
def test_what_a_trigger_speaks_of_stays_under_its_name(project: ServerProject, statement: str, change: str) -> None:
    """The server lets a trigger stand that no longer works: every INSERT would fail from then on."""

    class Thing(pw.Model):
        a = pw.IntegerField()
        b = pw.IntegerField(null=True)

    class Log(pw.Model):
        a = pw.IntegerField()
        b = pw.IntegerField(null=True)

    project.change(Thing, Log, name="start")
    project.sql(f"CREATE TRIGGER counts BEFORE INSERT ON thing FOR EACH ROW {statement}")
    body, speaks = {
        "rename a column": ("migrator.rename_field('TABLE', 'a', 'c')", True),
        "rename a table": ("migrator.rename_table('TABLE', 'other')", "log" in statement),
        "drop a table": ("migrator.remove_model('TABLE')", "log" in statement),
        "drop a column": ("migrator.remove_fields('TABLE', 'a')", True),
    }[change]
    project.write("002_change", body.replace("TABLE", "log" if "log" in statement else "thing"))
    if speaks:
        with pytest.raises(UnsupportedChangeError, match='trigger "counts"'):
            project.manager().migrate()
        project.sql("INSERT INTO thing (a) VALUES (1)")
    else:
        project.manager().migrate()


def test_a_foreign_key_keeps_an_index_when_all_of_its_own_go(project: ServerProject) -> None:
    """The server demands one, and makes it where it makes the foreign key: so that is what has to come anew."""

    def models(indexes: tuple[Any, ...]) -> tuple[type[pw.Model], ...]:
        class Author(pw.Model):
            pass

        class Book(pw.Model):
            author = pw.ForeignKeyField(Author, index=False)
            title = pw.CharField()

            class Meta:
                pass

        Book._meta.indexes = list(indexes)
        return Author, Book

    project.change(*models(((("author", "title"), False), (("author", "id"), False))), name="initial")
    project.sql("INSERT INTO author (id) VALUES (1)")
    project.sql("INSERT INTO book (author_id, title) VALUES (1, 't')")
    project.change(*models(()))
    assert project.manager().check().ok
    leading = "SELECT column_name FROM information_schema.statistics WHERE table_schema = database() AND "
    leading += "table_name = 'book' AND index_name <> 'PRIMARY'"
    assert project.sql(leading) == [("author_id",)]
    with pytest.raises(pw.IntegrityError):
        project.sql("INSERT INTO book (author_id, title) VALUES (7, 't')")
    project.manager().rollback()
    assert len(project.sql(leading)) == 4


def test_an_index_over_a_long_text_goes_as_it_came(project: ServerProject) -> None:
    """The server indexes as much of it as it can, by itself."""

    def model(body: pw.Field, title: pw.Field) -> type[pw.Model]:
        return type("Note", (pw.Model,), {"body": body, "title": title})

    project.change(model(pw.TextField(index=True), pw.CharField(max_length=1000)), name="initial")
    assert "`body`(768)" in described(project, "note")
    assert project.manager().check().ok
    project.change(model(pw.TextField(), pw.CharField(max_length=1000, index=True)))
    assert "`note_body`" not in described(project, "note")
    assert "`title`(768)" in described(project, "note")
    assert project.manager().check().ok
    project.manager().rollback()
    assert "`note_title`" not in described(project, "note")


def test_a_key_that_is_too_long_is_told(project: ServerProject) -> None:
    """With the statement that names its table and columns, and what to do; nothing is done."""

    class Note(pw.Model):
        a = pw.CharField(max_length=700)
        b = pw.CharField(max_length=700)

        class Meta:
            indexes = ((("a", "b"), False),)

    class Page(pw.Model):
        body = pw.TextField(primary_key=True)

    for model, said in ((Note, "CREATE INDEX `note_a_b` ON `note`"), (Page, "CREATE TABLE `page`")):
        project.models = (model,)
        model._meta.database = project.database
        with pytest.raises(UnsupportedChangeError, match=said) as raised:
            project.manager().create("initial")
        assert "max_length" in raised.value.hint
        assert project.sql("SHOW TABLES LIKE '%%e'") == []


def test_a_plan_knows_the_names_keys_will_get(project: ServerProject) -> None:
    """Of a table that is made in the same run: what is planned is what is executed, statement by statement."""
    project.write(
        "001_keys",
        """
        @migrator.create_model
        class A(pw.Model):
            class Meta:
                table_name = "a"

        @migrator.create_model
        class B(pw.Model):
            one = pw.ForeignKeyField(A)
            two = pw.ForeignKeyField(A)
            class Meta:
                table_name = "b"
        """,
    )
    project.write("002_no_key", "migrator.change_fields('b', two=pw.IntegerField(column_name='two_id'))")

    def sent(steps: Iterable[Step]) -> list[str]:
        return [s.sql for step in steps for s in step.statements if isinstance(s, Execute)]

    planned = sent(project.manager().plan().steps)
    assert "DROP FOREIGN KEY `b_ibfk_2`" in planned[-1]
    assert planned == sent(project.manager().migrate().steps)


def test_two_indexes_with_one_name_are_more_than_create_tables_can_do(project: ServerProject) -> None:
    """There is no IF NOT EXISTS: the error is the server's, and names what to change."""

    class Thing(pw.Model):
        n = pw.IntegerField(index=True)

        class Meta:
            indexes = ((("n",), True),)

    with pytest.raises(ProofError) as error:
        project.change(Thing)
    assert "create_tables() itself fails: (1061, \"Duplicate key name 'thing_n'\")" in str(error.value)
    assert 'give it a name: Thing.add_index(Thing.index(…, name="…"))' in error.value.hint


WORDS = {
    "a comment": (pw.IntegerField, "COMMENT 'it''s'", "COMMENT 'it''s'"),
    "an invisible column": (pw.IntegerField, "INVISIBLE", "INVISIBLE"),
    "what every update sets": (
        pw.DateTimeField,
        "DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
        "DEFAULT current_timestamp() ON UPDATE current_timestamp()",
    ),
    "several at once": (
        pw.IntegerField,
        "DEFAULT 5 COMMENT 'x' CHECK (v > 0)",
        "DEFAULT 5 COMMENT 'x' CHECK (`v` > 0)",
    ),
    "a number without sign": (pw.IntegerField, "UNSIGNED", "int(10) unsigned"),
    "other characters": (pw.CharField, "CHARACTER SET latin1", "CHARACTER SET latin1"),
}


@pytest.mark.parametrize("words", WORDS)
def test_words_of_a_definition_come_and_go_with_a_column_that_is_there(project: ServerProject, words: str) -> None:
    """They were sent as constraints, which the server takes for a syntax error, or were missed when they had to go."""
    kind, text, said = WORDS[words]

    def model(*constraints: Any) -> type[pw.Model]:
        return type("Thing", (pw.Model,), {"v": kind(null=True, constraints=constraints)})

    project.change(model(), name="start")
    before = described(project, "thing")
    project.change(model(pw.SQL(text)))
    after = described(project, "thing")
    assert said in after
    assert project.manager().create("again") is None
    assert project.manager().check().ok
    project.change(model(), name="without")
    assert described(project, "thing") == before
    project.manager().rollback()
    assert described(project, "thing") == after
    project.manager().rollback()
    assert described(project, "thing") == before


def test_a_comment_that_changes_leaves_alone_what_somebody_else_gave_the_column(project: ServerProject) -> None:
    def model(comment: str, length: int = 20) -> type[pw.Model]:
        words = [pw.SQL(f"COMMENT '{comment}'")]
        return type("Thing", (pw.Model,), {"v": pw.CharField(max_length=length, null=True, constraints=words)})

    project.change(model("a"), name="start")
    project.sql("ALTER TABLE thing MODIFY v VARCHAR(20) COLLATE latin1_bin INVISIBLE COMMENT 'a'")
    project.change(model("b"), name="other")
    assert "COLLATE latin1_bin INVISIBLE DEFAULT NULL COMMENT 'b'" in described(project, "thing")
    project.change(model("b", length=30), name="longer")
    assert "varchar(30) CHARACTER SET latin1 COLLATE latin1_bin INVISIBLE DEFAULT NULL COMMENT 'b'" in described(
        project, "thing"
    )
    project.manager().rollback(count=2)
    assert "varchar(20) CHARACTER SET latin1 COLLATE latin1_bin INVISIBLE DEFAULT NULL COMMENT 'a'" in described(
        project, "thing"
    )


def test_values_of_a_new_column_do_not_set_what_every_update_is_to_set_from_now_on(project: ServerProject) -> None:
    class Thing(pw.Model):
        changed = pw.DateTimeField()

    project.change(Thing, name="start")
    project.sql("INSERT INTO thing (changed) VALUES ('2020-01-01')")

    class Filled(pw.Model):
        changed = pw.DateTimeField(constraints=[pw.SQL("DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP")])
        key = pw.UUIDField(default=uuid.uuid4)

        class Meta:
            table_name = "thing"

    project.change(Filled)
    assert "ON UPDATE" in described(project, "thing")
    assert project.sql("SELECT CAST(changed AS CHAR), length(`key`) FROM thing") == [("2020-01-01 00:00:00", 32)]


def with_settings(*settings: str, **fields: pw.Field) -> type[pw.Model]:
    """A model with settings behind its definition."""
    options = {"table_name": "thing", "table_settings": list(settings)}
    return type("Thing", (pw.Model,), {**fields, "Meta": type("Meta", (), options)})


SETTINGS = {
    "engine": (["ENGINE=MyISAM"], "ENGINE=MyISAM"),
    "comment": (["COMMENT='it''s'"], "COMMENT='it''s'"),
    "row format": (["ENGINE=InnoDB ROW_FORMAT=COMPRESSED"], "ROW_FORMAT=COMPRESSED"),
    "characters": (["DEFAULT CHARACTER SET latin1", "COLLATE=latin1_bin"], "CHARSET=latin1 COLLATE=latin1_bin"),
    "collation": (["COLLATE utf8mb4_bin"], "COLLATE=utf8mb4_bin"),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_setting_comes_and_goes(project: ServerProject, setting: str) -> None:
    """What a model no longer said was not named, and the server kept it."""
    settings, said = SETTINGS[setting]
    fields = {"v": pw.CharField(max_length=40), "w": pw.TextField(null=True)}
    project.change(with_settings(**fields), name="start")
    before = described(project, "thing")
    fields = {"v": pw.CharField(max_length=40), "w": pw.TextField(null=True)}
    project.change(with_settings(*settings, **fields))
    after = described(project, "thing")
    assert said in after
    assert project.manager().create("again") is None
    assert project.manager().check().ok
    project.manager().rollback()
    assert described(project, "thing") == before
    project.manager().migrate()
    assert described(project, "thing") == after


def test_columns_follow_the_characters_of_their_table_and_rows_with_them(project: ServerProject) -> None:
    """The settings alone are of columns to come: the trial found the columns as they were, and refused."""

    def fields(kind: Any = pw.TextField) -> dict[str, pw.Field]:
        own = pw.CharField(max_length=9, collation="utf8mb4_bin")
        return {"own": own, "v": pw.CharField(max_length=40, unique=True), "w": kind(null=True)}

    project.change(with_settings("DEFAULT CHARSET=latin1", **fields()), name="start")
    project.sql("INSERT INTO thing (own, v, w) VALUES ('日', 'ü ', 'é')")
    project.sql("ALTER TABLE thing ADD by_hand VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_bin")
    before = described(project, "thing")
    project.change(with_settings("DEFAULT CHARSET=utf8mb4", **fields()), name="wide")
    wide = described(project, "thing")
    assert "`v` varchar(40) NOT NULL,\n  `w` text DEFAULT NULL," in wide
    assert "latin1" not in wide.replace("`by_hand` varchar(9) CHARACTER SET latin1 COLLATE latin1_bin", "")
    assert project.sql("SELECT own, v, w FROM thing") == [("日", "ü ", "é")]
    assert [finding.message for finding in project.manager().check().findings if "by_hand" not in finding.message] == []
    project.manager().rollback()
    assert described(project, "thing") == before
    assert project.sql("SELECT own, v, w FROM thing") == [("日", "ü ", "é")]


def test_a_value_that_the_new_characters_cannot_write_is_told_before_anything_is_done(project: ServerProject) -> None:
    def model(*settings: str) -> type[pw.Model]:
        return with_settings(*settings, v=pw.CharField(max_length=40))

    project.change(model("DEFAULT CHARSET=utf8mb4"), name="start")
    project.sql("INSERT INTO thing (v) VALUES ('日'), ('x')")
    before = described(project, "thing")
    with pytest.raises(DataError, match=r'"v" of "thing" cannot become CHARACTER SET latin1: 1 value') as raised:
        project.change(model("DEFAULT CHARSET=latin1"))
    assert "日" in str(raised.value)
    assert described(project, "thing") == before
    project.sql("DELETE FROM thing WHERE v <> 'x'")
    project.manager().migrate()
    assert "CHARSET=latin1" in described(project, "thing")


def test_the_value_of_a_new_column_goes_before_the_default_in_its_words(project: ServerProject) -> None:
    """A DEFAULT behind another word was said twice, won over the model's value, and was dropped afterwards."""

    class Thing(pw.Model):
        v = pw.CharField(null=True)

    project.change(Thing, name="start")
    project.sql("INSERT INTO thing (v) VALUES ('x')")
    touched = "DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"

    class Filled(pw.Model):
        v = pw.CharField(null=True)
        n = pw.IntegerField(default=5, constraints=[pw.SQL("DEFAULT 3 COMMENT 'x'")])
        one = pw.DateTimeField(default=datetime.datetime(2020, 1, 1), constraints=[pw.SQL(touched)])
        each = pw.DateTimeField(null=True, default=lambda: "2021-01-01", constraints=[pw.SQL(touched)])
        key = pw.CharField(default=lambda: "k", constraints=[pw.SQL("UNIQUE")])

        class Meta:
            table_name = "thing"

    project.change(Filled)
    first, second = datetime.datetime(2020, 1, 1), datetime.datetime(2021, 1, 1)
    assert project.sql("SELECT n, one, `each`, `key` FROM thing") == [(5, first, second, "k")]
    now = described(project, "thing")
    assert "`n` int(11) NOT NULL DEFAULT 3 COMMENT 'x'" in now
    assert now.count("DEFAULT current_timestamp() ON UPDATE current_timestamp()") == 2
    assert now.count("UNIQUE KEY") == 1
    assert project.manager().check().ok
