"""Changes of models on PostgreSQL: what is not asked to change is as it was."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from peewit import DiscoveryError, MigrationManager, UnsupportedChangeError

from ..server_project import ServerProject


@pytest.fixture
def project(postgres: pw.Database, tmp_path: Path) -> ServerProject:
    """A project with nothing in it."""
    return ServerProject(tmp_path, postgres)


def agreed(project: ServerProject) -> bool:
    """Whether nothing is left to do, and the database is what the migrations say."""
    return project.manager().create("again") is None and project.manager().check().ok


def test_every_row_is_told_from_the_others_by_a_key_of_fixed_length(project: ServerProject) -> None:
    """CHAR alone is one character: neither the key nor the value may be cut to that."""

    class Country(pw.Model):
        code = pw.FixedCharField(max_length=4, primary_key=True)

    project.change(Country, name="start")
    project.sql("INSERT INTO country VALUES ('abcd'), ('abce'), ('x')")

    class Filled(pw.Model):
        code = pw.FixedCharField(max_length=4, primary_key=True)
        short = pw.FixedCharField(max_length=3, default=lambda: "xyz")

        class Meta:
            table_name = "country"

    project.change(Filled)
    assert project.sql("SELECT code, short FROM country ORDER BY code") == [
        ("abcd", "xyz"),
        ("abce", "xyz"),
        ("x   ", "xyz"),
    ]


def test_a_key_of_its_own_for_every_row_takes_the_old_ones_place(project: ServerProject) -> None:
    class Author(pw.Model):
        name = pw.CharField()

    project.change(Author, name="start")
    project.sql("INSERT INTO author (name) VALUES ('a'), ('b')")

    class WithKey(pw.Model):
        key = pw.UUIDField(primary_key=True, default=uuid.uuid4)
        name = pw.CharField()

        class Meta:
            table_name = "author"

    project.change(WithKey, renames={})
    assert project.sql("SELECT count(DISTINCT key), count(name) FROM author") == [(2, 2)]
    assert agreed(project)


def test_a_trigger_keeps_when_it_fires(project: ServerProject) -> None:
    """Triggers rest while a new column is filled, and afterwards each is what it was."""

    class Author(pw.Model):
        name = pw.CharField()

    project.change(Author, name="start")
    project.sql("INSERT INTO author (name) VALUES ('a')")
    project.sql("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := 1; RETURN NEW; END'")
    for name, mode in (("t1", "ENABLE"), ("t2", "ENABLE ALWAYS"), ("t3", "ENABLE REPLICA"), ("t4", "DISABLE")):
        project.sql(f"CREATE TRIGGER {name} BEFORE UPDATE ON author FOR EACH ROW EXECUTE FUNCTION f()")
        project.sql(f"ALTER TABLE author {mode} TRIGGER {name}")

    class Filled(pw.Model):
        name = pw.CharField()
        key = pw.UUIDField(default=uuid.uuid4)

        class Meta:
            table_name = "author"

    project.change(Filled)
    asked = "SELECT tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
    assert project.sql(asked) == [("t1", "O"), ("t2", "A"), ("t3", "R"), ("t4", "D")]
    assert project.sql("SELECT name FROM author") == [("a",)]


@pytest.mark.parametrize("place", ["public", "shop"])
def test_a_schema_that_is_named_is_the_same_everywhere(project: ServerProject, place: str) -> None:
    """Both sides of a foreign key become another type, check agrees, and both tables go together with their rows."""

    def models(kind: Any) -> list[type[pw.Model]]:
        class Author(pw.Model):
            id = kind(primary_key=True)

            class Meta:
                schema = place

        class Book(pw.Model):
            author = pw.ForeignKeyField(Author, on_delete="CASCADE")

            class Meta:
                schema = place

        return [Author, Book]

    project.sql(f"CREATE SCHEMA IF NOT EXISTS {place}")
    project.change(*models(pw.IntegerField), name="start")
    project.sql(f"INSERT INTO {place}.author VALUES (7)")
    project.sql(f"INSERT INTO {place}.book (author_id) VALUES (7)")
    project.change(*models(pw.CharField))
    assert project.sql(f"SELECT author_id FROM {place}.book") == [("7",)]
    assert agreed(project)

    class Other(pw.Model):
        class Meta:
            schema = place

    project.change(Other, name="gone", renames={})
    assert project.sql(f"SELECT to_regclass('{place}.author'), to_regclass('{place}.book')") == [(None, None)]


def test_indexes_of_a_table_in_a_named_schema(project: ServerProject) -> None:
    """Partial, descending and by expression, they are made there, found again and dropped."""

    def model() -> type[pw.Model]:
        class Order(pw.Model):
            n = pw.IntegerField()
            k = pw.CharField()

            class Meta:
                schema = "shop"
                table_name = "orders"

        return Order

    project.sql("CREATE SCHEMA shop")
    project.change(model(), name="start")
    order: Any = model()
    order.add_index(order.index(order.k, name="big", where=(order.n > 3)))
    order.add_index(order.n.desc(), order.k)
    order.add_index(pw.fn.lower(order.k), name="lowered")
    project.change(order)
    made = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'shop' AND indexname <> 'orders_pkey' ORDER BY 1"
    assert project.sql(made) == [
        ("CREATE INDEX big ON shop.orders USING btree (k) WHERE (n > 3)",),
        ("CREATE INDEX lowered ON shop.orders USING btree (lower((k)::text))",),
        ("CREATE INDEX orders_n_k ON shop.orders USING btree (n DESC, k)",),
    ]
    assert agreed(project)
    project.manager().rollback()
    assert project.sql(made) == []


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("CREATE INDEX i ON thing (v) INCLUDE (n)", "USING btree (v) INCLUDE (n)"),
        ("CREATE INDEX i ON thing (v) WITH (fillfactor=70)", "USING btree (v) WITH (fillfactor='70')"),
        ("CREATE UNIQUE INDEX i ON thing (v) NULLS NOT DISTINCT", "USING btree (v) NULLS NOT DISTINCT"),
        ("CREATE INDEX i ON thing (v) INCLUDE (n) WHERE v > 'a'", "USING btree (v) INCLUDE (n) WHERE (v > 'a'::text)"),
        ("CREATE INDEX i ON public.thing (v)", "USING btree (v)"),
        ("CREATE INDEX i ON ONLY thing (v)", "USING btree (v)"),
        ("CREATE INDEX CONCURRENTLY i ON thing (v)", "USING btree (v)"),
    ],
)
def test_an_index_in_sql_of_its_own(project: ServerProject, text: str, made: str) -> None:
    """It is made as written, on a table that was there and on a new one; known again, and dropped by its name."""

    def model(table: str) -> Any:
        fields = {"v": pw.TextField(null=True), "n": pw.IntegerField()}
        return type(table.title(), (pw.Model,), fields)

    project.change(model("thing"), name="start")
    project.sql("INSERT INTO thing (v, n) VALUES ('b', 1), (NULL, 2)")
    thing, new = model("thing"), model("anew")
    thing.add_index(pw.SQL(text))
    new.add_index(pw.SQL(text.replace("thing", "anew").replace(" i ", " j ")))
    project.change(thing, new)
    asked = "SELECT indexdef FROM pg_indexes WHERE indexname IN ('i', 'j') ORDER BY tablename"
    assert [row[0].partition(" USING ")[2] for row in project.sql(asked)] == [made.removeprefix("USING ")] * 2
    assert agreed(project)
    project.manager().rollback()
    assert project.sql(asked) == []
    project.manager().migrate()
    assert agreed(project)


def test_an_option_of_an_index_follows_a_renamed_column_and_may_change(project: ServerProject) -> None:
    def model(column: str, options: str) -> Any:
        thing: Any = type("Thing", (pw.Model,), {"v": pw.TextField(), column: pw.IntegerField()})
        thing.add_index(pw.SQL(f"CREATE INDEX i ON thing (v) {options}"))
        return thing

    project.change(model("n", "INCLUDE (n)"), name="start")
    text = project.change(model("m", "INCLUDE (m)"), name="named", renames={"thing.n": "m"})
    assert "index" not in text
    project.change(model("m", "INCLUDE (m) WITH (fillfactor=50)"))
    asked = "SELECT indexdef FROM pg_indexes WHERE indexname = 'i'"
    made = "CREATE INDEX i ON public.thing USING btree (v) INCLUDE (m)"
    assert project.sql(asked) == [(f"{made} WITH (fillfactor='50')",)]
    assert agreed(project)
    project.manager().rollback()
    assert project.sql(asked) == [(made,)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("CREATE INDEX ON thing (v)", "where a name should stand"),
        ("CREATE INDEX i ON other (v)", 'is on table "other", and its model\'s table is "thing"'),
        ("CREATE INDEX i ON shop.other (v)", 'is on table "shop.other"'),
        ("CREATE STATISTICS i ON v, n FROM thing", "migrator.sql() in a file of its own"),
    ],
)
def test_what_is_no_index_of_the_table_is_refused_by_its_model(project: ServerProject, text: str, told: str) -> None:
    class Thing(pw.Model):
        v = pw.TextField()

    thing: Any = Thing
    thing.add_index(pw.SQL(text))
    with pytest.raises(DiscoveryError, match=r"test_models\.Thing ") as error:
        project.change(Thing)
    assert told in str(error.value)


def test_an_index_of_a_table_is_not_its_heirs(project: ServerProject) -> None:
    """Peewee hands the text down to the class that inherits, and it makes the one index again."""

    class Thing(pw.Model):
        v = pw.TextField()

        class Meta:
            table_name = "thing"

    thing: Any = Thing
    thing.add_index(pw.SQL("CREATE INDEX IF NOT EXISTS i ON thing (v)"))

    class Wider(Thing):
        pass

    project.change(Thing, Wider)
    assert project.sql("SELECT tablename FROM pg_indexes WHERE indexname = 'i'") == [("thing",)]
    assert agreed(project)


def test_an_index_of_a_generated_column_outlives_its_expression(project: ServerProject) -> None:
    def model(expression: str) -> type[pw.Model]:
        class Price(pw.Model):
            net = pw.IntegerField()
            gross = pw.IntegerField(
                null=True, index=True, constraints=[pw.SQL(f"GENERATED ALWAYS AS ({expression}) STORED")]
            )

        return Price

    project.change(model("net * 2"), name="start")
    project.sql("INSERT INTO price (net) VALUES (5)")
    project.change(model("net * 3"))
    assert project.sql("SELECT gross FROM price") == [(15,)]
    assert project.sql("SELECT count(*) FROM pg_indexes WHERE indexname = 'price_gross'") == [(1,)]
    assert agreed(project)


def test_raw_sql_of_models_means_what_it_means_in_create_tables(project: ServerProject) -> None:
    """A doubled percent sign is one, UNIQUE stands alone, C is not c, a function needs no brackets."""

    class Start(pw.Model):
        name = pw.CharField(null=True)

        class Meta:
            table_name = "thing"

    class Thing(pw.Model):
        name = pw.CharField(null=True, constraints=[pw.SQL('COLLATE "C"'), pw.Check("name NOT LIKE 'a%%'")])
        rate = pw.CharField(constraints=[pw.SQL("DEFAULT '100%%'")])
        code = pw.IntegerField(null=True, constraints=[pw.SQL("UNIQUE")])
        key = pw.UUIDField(constraints=[pw.SQL("DEFAULT gen_random_uuid()")])

    Thing.add_index(pw.SQL("CREATE INDEX thing_like ON thing USING btree (name varchar_pattern_ops DESC NULLS LAST)"))
    Thing.add_index(pw.SQL("CREATE INDEX thing_words ON thing USING gin (to_tsvector('simple', name))"))
    project.change(Start, name="start")
    project.sql("INSERT INTO thing (name) VALUES ('b')")
    project.change(Thing)
    assert project.sql("SELECT rate, key IS NOT NULL FROM thing") == [("100%", True)]
    assert agreed(project)
    project.manager().rollback()
    project.manager().migrate()
    assert agreed(project)


def test_a_foreign_key_of_nobody_is_not_dropped_in_passing(project: ServerProject) -> None:
    def model(kind: Any) -> type[pw.Model]:
        class Thing(pw.Model):
            code = kind()

        return Thing

    project.change(model(pw.IntegerField), name="start")
    project.sql("CREATE TABLE codes (code INTEGER PRIMARY KEY)")
    project.sql("ALTER TABLE thing ADD CONSTRAINT by_hand FOREIGN KEY (code) REFERENCES codes")
    with pytest.raises(Exception, match="by_hand"):
        project.change(model(pw.CharField))
    assert project.sql("SELECT count(*) FROM pg_constraint WHERE conname = 'by_hand'") == [(1,)]


def test_a_condition_on_a_boolean_that_sqlite_wrote(project: ServerProject) -> None:
    """A file that was made on SQLite compares it with a number, which PostgreSQL does not."""

    class Job(pw.Model):
        done = pw.BooleanField()
        size = pw.IntegerField()

    Job.add_index(Job.size, where=(Job.done == True), name="job_size")  # noqa: E712 - an expression of Peewee's
    Job._meta.constraints = [pw.Check('"done" = 0 OR "size" <> 1', "done_or_small")]
    project.models = (Job,)
    memory = pw.SqliteDatabase(":memory:")
    MigrationManager(memory, project.directory, models=(Job,)).create("first")
    assert '"done" = 1' in (project.directory / "001_first.py").read_text()

    project.manager().migrate()

    assert agreed(project)
    project.sql("INSERT INTO job (done, size) VALUES (false, 1), (true, 2)")
    ((text,),) = project.sql("SELECT indexdef FROM pg_indexes WHERE indexname = 'job_size'")
    assert text.endswith("WHERE (done = true)")


def test_what_this_server_cannot_make_is_said(project: ServerProject) -> None:
    """A look at the database ends with the server's words, and what was compared."""
    project.write(
        "001_first",
        """
        @migrator.create_model
        class Job(pw.Model):
            size = pw.IntegerField()
            class Meta:
                table_name = "job"
                constraints = [pw.Check("typeof(size) = 'integer'")]
        """,
    )
    project.manager().ledger.history.prepare()
    project.sql("INSERT INTO migratehistory (name, migrated_at) VALUES ('001_first', now())")

    with pytest.raises(
        UnsupportedChangeError, match="cannot be made on this server, so nothing was compared: function typeof"
    ):
        project.manager().check()


def test_of_two_indexes_with_one_name_the_first_is_made(project: ServerProject) -> None:
    """As ``create_tables()`` does it: the second is there IF NOT EXISTS."""

    class Thing(pw.Model):
        n = pw.IntegerField(index=True)

        class Meta:
            indexes = ((("n",), True),)

    project.change(Thing)
    assert project.sql("SELECT indexdef FROM pg_indexes WHERE tablename = 'thing' AND indexname <> 'thing_pkey'") == [
        ("CREATE INDEX thing_n ON public.thing USING btree (n)",)
    ]
    manager = project.manager()
    assert manager.create("again") is None
    assert "the unique index (n) of " in manager.unread[0]
    assert manager.check().ok


def test_nulls_that_are_not_distinct_as_peewee_says_it(project: ServerProject) -> None:
    class Thing(pw.Model):
        n = pw.IntegerField(null=True)

    thing: Any = Thing
    thing.add_index(thing.index(thing.n, unique=True, nulls_distinct=False))
    thing.add_index(thing.index(thing.n, using="HASH", name="by_hash"))
    project.change(Thing)
    asked = "SELECT indexdef FROM pg_indexes WHERE indexname = 'thing_n'"
    made = "CREATE UNIQUE INDEX thing_n ON public.thing USING btree (n) NULLS NOT DISTINCT"
    assert project.sql(asked) == [(made,)]
    assert agreed(project)
