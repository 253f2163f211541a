"""(models before, models after, answers) → operations in words, or the refusal that shows what to type."""

from collections.abc import Sequence
from typing import Any

import peewee as pw
import pytest

from peewit.dialects import SQLITE
from peewit.diff import Answers, diff
from peewit.errors import AmbiguousRenameError, ConfigError
from peewit.models import read_models

Models = Sequence[type[pw.Model]]


def model(called: str, meta: dict[str, object] | None = None, /, **fields: object) -> type[pw.Model]:
    options = {"table_name": called.lower(), **(meta or {})}
    return type(called, (pw.Model,), {**fields, "Meta": type("Meta", (), options)})


def person(meta: dict[str, object] | None = None, /, **fields: object) -> type[pw.Model]:
    return model("Person", meta, **fields)


def text(**options: Any) -> pw.Field:
    return pw.CharField(**options)


def number(**options: Any) -> pw.Field:
    return pw.IntegerField(**options)


def changes(before: Models, after: Models, **answers: Any) -> list[str]:
    """The operations in words; nobody was asked unless ``renames`` is given."""
    operations = diff(read_models(before), read_models(after), SQLITE, Answers(**answers))
    return [operation.describe() for operation in operations]


NAME = person(name=text())
OWN = type("Own", (pw.CharField,), {})

SAME: dict[str, tuple[Models, Models]] = {
    "a Python default": ([NAME], [person(name=text(default="x"))]),
    "another Python default": ([person(name=text(default="y"))], [person(name=text(default=str))]),
    "help_text, verbose_name, choices": ([NAME], [person(name=text(help_text="h", verbose_name="v", choices=[("a", "b")]))]),
    "another field on the same column": ([NAME], [person(full_name=text(column_name="name"))]),
    "a class of its own that is the same type": ([NAME], [person(name=OWN())]),
    "the name of the class": ([NAME], [model("Human", {"table_name": "person"}, name=text())]),
    "the order of the fields": ([person(a=text(), b=number())], [person(b=number(), a=text())]),
    "the order of the indexes": (
        [person({"indexes": ((("a",), False), (("b",), False))}, a=text(), b=text())],
        [person({"indexes": ((("b",), False), (("a",), False))}, a=text(), b=text())],
    ),
    "an index in Meta or on the field": ([person({"indexes": ((("a",), True),)}, a=text())], [person(a=text(unique=True))]),
    "how a check is spelled": (
        [person(a=number(constraints=[pw.Check("a > 0")]))],
        [person(a=number(constraints=[pw.SQL("check(A>0)")]))],
    ),
    "how an action is spelled": (
        [NAME, model("Pet", owner=pw.ForeignKeyField(NAME, on_delete="cascade", backref="p1"))],
        [NAME, model("Pet", owner=pw.ForeignKeyField(NAME, on_delete="CASCADE", backref="p2"))],
    ),
    "the backref": (
        [NAME, model("Pet", owner=pw.ForeignKeyField(NAME, backref="p3"))],
        [NAME, model("Pet", owner=pw.ForeignKeyField(NAME, backref="p4"))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_what_does_not_reach_the_database_is_no_change(name: str) -> None:
    """Nothing is to be done where only Python sees the difference."""
    before, after = SAME[name]
    assert changes(before, after) == []


CHANGED: dict[str, tuple[Models, Models, dict[str, Any], list[str]]] = {
    "a new table": ([NAME], [NAME, model("Pet", a=text())], {}, ['create table "pet" with 2 columns']),
    "a table goes": ([NAME, model("Pet", a=number(), b=number(), c=number())], [NAME], {}, ['drop table "pet" and its rows']),
    "a new field": ([NAME], [person(name=text(), age=number(null=True))], {}, ['add column "age" to "person"']),
    "a field goes": ([person(name=text(), age=number())], [NAME], {}, ['drop column "age" of "person" and its values']),
    "fields of different kinds": (
        [person(name=text())], [person(age=number())], {},
        ['add column "age" to "person"', 'drop column "name" of "person" and its values'],
    ),
    "a rename that was told": (
        [NAME], [person(full_name=text())], {"renames": {"person.name": "full_name"}},
        ['rename column "name" of "person" to "full_name"'],
    ),
    "a rename that was denied": (
        [NAME], [person(full_name=text())], {"renames": {}},
        ['add column "full_name" to "person"', 'drop column "name" of "person" and its values'],
    ),
    "a rename told by the column": (
        [person(name=text(column_name="nm"))], [person(full_name=text())], {"renames": {"person.nm": "full_name"}},
        ['rename column "nm" of "person" to "full_name"'],
    ),
    "a rename to another type": (
        [NAME], [person(full_name=pw.TextField())], {"renames": {"person.name": "full_name"}},
        ['rename column "name" of "person" to "full_name"', 'change column "full_name" of "person": TEXT instead of VARCHAR(255)'],
    ),
    "a column renamed under its field": (
        [NAME], [person(name=text(column_name="nm"))], {}, ['rename column "name" of "person" to "nm"'],
    ),
    "only the case of a column": ([NAME], [person(Name=text())], {}, ['rename column "name" of "person" to "Name"']),
    "a table that was told": (
        [NAME], [model("People", name=text())], {"renames": {"person": "people"}}, ['rename table "person" to "people"'],
    ),
    "a table and a field of it": (
        [NAME], [model("People", full_name=text())], {"renames": {"person": "people", "person.name": "full_name"}},
        ['rename table "person" to "people"', 'rename column "name" of "people" to "full_name"'],
    ),
    "a table that was denied": (
        [NAME], [model("People", name=text())], {"renames": {}},
        ['create table "people" with 2 columns', 'drop table "person" and its rows'],
    ),
    "tables that are not alike": (
        [model("One", a=text(), b=text(), c=text())], [model("Two", d=number(), e=number(), f=number())], {},
        ['create table "two" with 4 columns', 'drop table "one" and its rows'],
    ),
    "two fields change places": (
        [person(a=text(), b=text())], [person(c=text(), d=text())], {"renames": {"person.a": "d", "person.b": "c"}},
        ['rename column "a" of "person" to "d"', 'rename column "b" of "person" to "c"'],
    ),
    "a fill for a field of a renamed table": (
        [NAME], [model("People", name=text(), age=number())], {"renames": {"person": "people"}, "fill": {"person.age": "1"}},
        ['rename table "person" to "people"', 'add column "age" to "people"'],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_a_change_gives_its_operations(name: str) -> None:
    """The operations, in the order they run."""
    before, after, answers, expected = CHANGED[name]
    assert changes(before, after, **answers) == expected


def test_a_rename_in_doubt_is_refused() -> None:
    """The message has the flag for the rename and the one for the drop, for every way to ask."""
    with pytest.raises(AmbiguousRenameError) as caught:
        changes([NAME], [person(full_name=text())])
    assert str(caught.value) == (
        'renamed, or dropped and added? perhaps "person.name" became "full_name"\n'
        "for a rename, which keeps the data:  --rename person.name:full_name\n"
        "for a drop and an addition, which loses it:  --no-rename\n"
        "(Python: renames={'person.name': 'full_name'} or renames={})"
    )
    assert caught.value.exit_code == 4


def test_a_table_in_doubt_is_refused() -> None:
    """Tables whose columns are mostly equal may be one table under another name."""
    with pytest.raises(AmbiguousRenameError, match="--rename person:people"):
        changes([person(name=text(), age=number())], [model("People", name=text(), age=number(), more=text())])


def test_each_name_is_suggested_once() -> None:
    """Two doubts give one suggestion each, by likeness."""
    with pytest.raises(AmbiguousRenameError) as caught:
        changes([person(first=text(), last=text())], [person(last_name=text(), first_name=text())])
    assert "--rename person.first:first_name --rename person.last:last_name" in caught.value.hint


def asked(before: Models, after: Models, **answers: Any) -> AmbiguousRenameError:
    """The question that is left open."""
    with pytest.raises(AmbiguousRenameError) as caught:
        changes(before, after, **answers)
    return caught.value


PERSON = person(name=text(), age=number(), nick=text(null=True))
HUMAN = model("Human", full_name=text(), years=number(), nickname=text(null=True))


def test_all_fields_are_paired_together() -> None:
    """What is best for one alone must not take it from another it fits better."""
    after = [person(full_name=text(), years=number(), nickname=text(null=True))]
    flags = "--rename person.name:full_name --rename person.age:years --rename person.nick:nickname"
    assert asked([PERSON], after).hint.splitlines()[0] == f"for a rename, which keeps the data:  {flags}"


def test_the_order_of_the_model_decides_between_equals() -> None:
    """Two new names that are as much alike are offered as they stand in the model."""
    error = asked([person(name=text())], [person(first_name=text(), last_name=text())])
    assert error.doubts == (("person.name", "first_name"), ("person.name", "last_name"))
    assert error.readings == ({"person.name": "first_name"}, {"person.name": "last_name"})


def test_a_rename_that_drops_says_so() -> None:
    """Two went, and one came: the other is lost."""
    error = asked([person(name=text(), nick=text())], [person(nickname=text())])
    assert error.hint.splitlines()[0] == "for a rename, which drops person.name:  --rename person.nick:nickname"


def test_a_foreign_key_is_more_like_a_foreign_key() -> None:
    """A number beside it holds numbers too."""
    before = [NAME, model("Pet", age=number(), owner=pw.ForeignKeyField(NAME, backref="t1"))]
    after = [NAME, model("Pet", keeper=pw.ForeignKeyField(NAME, backref="t2"), years=number())]
    assert asked(before, after).readings[0] == {"pet.age": "years", "pet.owner": "keeper"}


def test_one_new_name_in_two_tables_is_suggested_in_both() -> None:
    """A name is taken in its own table only."""
    error = asked([NAME, model("Pet", name=text())], [person(full_name=text()), model("Pet", full_name=text())])
    assert error.readings == ({"person.name": "full_name", "pet.name": "full_name"},)


def pet(name: str, owner: type[pw.Model], backref: str) -> type[pw.Model]:
    """A model that refers to an owner."""
    return model("Pet", **{name: pw.ForeignKeyField(owner, backref=backref)})


MANY = model("Human", a=text(), b=number(), c=text(), d=text())
OF_TABLES: dict[str, tuple[Models, Models]] = {
    "all its fields have other names": ([PERSON], [HUMAN]),
    "one field, with a name like the old one": ([NAME], [model("Human", full_name=text())]),
    "a foreign key moves over": ([NAME, pet("owner", NAME, "m1")], [MANY, pet("keeper", MANY, "m2")]),
    "a foreign key leads there instead": ([NAME, pet("owner", NAME, "m3")], [MANY, pet("owner", MANY, "m4")]),
    "its own foreign key leads to itself": (
        [person(name=text(), boss=pw.ForeignKeyField("self", backref="m5"))],
        [model("Human", title=text(), chief=pw.ForeignKeyField("self", backref="m6"))],
    ),
}


@pytest.mark.parametrize("name", OF_TABLES)
def test_a_table_that_may_be_renamed_is_asked(name: str) -> None:
    """Where all in it has other names too: the fields hold the same, or what referred to it refers to the new one."""
    error = asked(*OF_TABLES[name])
    assert (error.of_tables, error.doubts) == (True, (("person", "human"),))


def test_a_foreign_key_moves_over_in_a_table_that_was_renamed_too() -> None:
    """Both are asked."""
    before = [NAME, model("Pet", owner=pw.ForeignKeyField(NAME, backref="n1"), call=text())]
    after = [MANY, model("Animal", keeper=pw.ForeignKeyField(MANY, backref="n2"), call=text())]
    assert asked(before, after).readings == ({"person": "human", "pet": "animal"},)


def test_a_field_that_was_told_leaves_the_table_open() -> None:
    """That the foreign key was renamed does not say that its table was not."""
    before, after = [PERSON, pet("owner", PERSON, "o1")], [HUMAN, pet("keeper", HUMAN, "o2")]
    error = asked(before, after, renames={"pet.owner": "keeper"}, told="nothing")
    assert "--rename pet.owner:keeper --rename person:human" in error.hint


PAIR = model("Club", name=text()), model("Team", name=text())
UNLIKE: dict[str, tuple[Models, Models]] = {
    "other types": ([PERSON], [model("Order", number=number(), title=text(), note=text())]),
    "one more field": ([PERSON], [model("Order", a=text(), b=number(), c=text(), d=text())]),
    "another length": ([person(a=text(), b=text())], [model("Order", c=text(), d=text(max_length=20))]),
    "an id and a text": ([model("Tag", label=text())], [model("Color", code=text())]),
    "foreign keys to other tables": (
        [NAME, *PAIR, model("Link", p=pw.ForeignKeyField(NAME, backref="u1"), c=pw.ForeignKeyField(PAIR[0], backref="u2"))],
        [NAME, *PAIR, model("Join", x=pw.ForeignKeyField(PAIR[0], backref="u3"), y=pw.ForeignKeyField(PAIR[1], backref="u4"))],
    ),
    "a number, and a foreign key": (
        [NAME, model("Score", a=text(), b=number())], [NAME, model("Visit", c=text(), d=pw.ForeignKeyField(NAME, backref="u5"))],
    ),
    "something else refers to the new one": ([NAME], [MANY, pet("owner", MANY, "u6")]),
    "a foreign key goes, and another stays": (
        [NAME, PAIR[0], model("Pet", a=pw.ForeignKeyField(NAME, backref="u7"), b=pw.ForeignKeyField(PAIR[0], backref="u8"))],
        [PAIR[0], MANY, model("Pet", b=pw.ForeignKeyField(PAIR[0], backref="u9"))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNLIKE)
def test_unlike_tables_are_not_asked(name: str) -> None:
    """A table that goes while another comes that has nothing to do with it."""
    assert [told for told in changes(*UNLIKE[name]) if told.startswith("drop table")]


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"renames": {"persn": "people"}}, 'there is no table "persn" to rename', 'did you mean "person"?'),
    ({"renames": {"persn.name": "x"}}, 'there is no table "persn" to rename a field of', 'did you mean "person"?'),
    ({"renames": {"person.nam": "full_name"}}, 'table "person" has no field "nam" to rename', 'did you mean "name"?'),
    ({"renames": {"person.name": "ful_name"}}, '"person.name" cannot become "ful_name": no such new field', 'did you mean "full_name"?'),
    ({"renames": {"person": "peple"}}, '"person" cannot become table "peple": the models have no such table', 'did you mean "people"?'),
    ({"renames": {}, "fill": {"persn.age": "1"}}, 'there is no table "persn" to fill', 'did you mean "person"?'),
    ({"renames": {}, "fill": {"person.agge": "1"}}, 'table "person" has no field "agge" to fill', 'did you mean "age"?'),
    ({"renames": {}, "fill": {"age": "1"}}, '"age" names no field', "a fill is for table.field, as in person.age"),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "message", "hint"), WRONG)
def test_a_wrong_answer_is_refused(answers: dict[str, Any], message: str, hint: str) -> None:
    """An answer about what is not there says what is like it."""
    after = [person(full_name=text(), age=number()), model("People", other=text())]
    with pytest.raises(ConfigError) as caught:
        changes([NAME], after, **answers)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_rename_to_an_old_field_is_refused() -> None:
    """A field that stays cannot be what another became."""
    with pytest.raises(ConfigError, match=r'"person\.name" cannot become "age": '):
        changes([person(name=text(), age=text())], [person(age=text(), more=text())], renames={"person.name": "age"})


STAYING: list[tuple[dict[str, str], str]] = [
    ({"person.name": "more"}, '"person.name" cannot become "more": the models still have it'),
    ({"person": "pet"}, '"person" cannot become table "pet": the models still have it'),
    ({"gone": "person"}, '"gone" cannot become table "person": that table is not new'),
]


@pytest.mark.parametrize(("renames", "message"), STAYING)
def test_what_stays_was_not_renamed(renames: dict[str, str], message: str) -> None:
    """An answer that contradicts the models is refused, not passed over."""
    before, after = [NAME, model("Gone", a=text())], [person(name=text(), more=text()), model("Pet", a=text())]
    (flag,) = [f"{old}:{new}" for old, new in renames.items()]
    with pytest.raises(ConfigError) as caught:
        changes(before, after, renames=renames)
    assert (caught.value.message, caught.value.hint) == (
        message,
        f"change the models, or leave out --rename {flag}",
    )


FILLS = [
    ("1", "1", False, ()),
    ("'x'", "'x'", False, ()),
    (" None ", "None", False, ()),
    ("-1.5", "-1.5", False, ()),
    ("[1, 2]", "[1, 2]", False, ()),
    ("uuid.uuid4()", "lambda: uuid.uuid4()", True, ("import uuid",)),
    ("str(1) * 2", "lambda: str(1) * 2", True, ()),
    ("datetime.date(2020, 1, 1)", "lambda: datetime.date(2020, 1, 1)", True, ("import datetime",)),
    ("[x for x in range(3)]", "lambda: [x for x in range(3)]", True, ()),
    ("random.choice(string.ascii_letters)", "lambda: random.choice(string.ascii_letters)", True, ("import random", "import string")),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "source", "called", "imports"), FILLS)
def test_a_fill_becomes_a_default(expression: str, source: str, called: bool, imports: tuple[str, ...]) -> None:
    """A literal is a value; anything else is called once for each row."""
    operations = diff(
        read_models([NAME]),
        read_models([person(name=text(), age=pw.BareField(null=True))]),
        SQLITE,
        Answers(fill={"person.age": expression}),
    )
    fill = operations[0].column.fill
    assert (fill.source, fill.called, fill.imports) == (source, called, imports)


@pytest.mark.parametrize(("expression", "message"), [
    ("unknown", 'the fill value of person.age is not a Python expression: a migration file does not know "unknown"'),
    ("hello world", "the fill value of person.age is not a Python expression: 'hello world'"),
    ("x = 1", "the fill value of person.age is not a Python expression: 'x = 1'"),
    ("", "the fill value of person.age is not a Python expression: ''"),
    ("make(uuid.uuid4())", ""),
])  # fmt: skip
def test_a_fill_that_cannot_be_is_refused(expression: str, message: str) -> None:
    """What is no expression, or speaks of what a file does not know, is refused with the field's name."""
    with pytest.raises(ConfigError, match=r"person\.age") as caught:
        changes([NAME], [person(name=text(), age=number())], fill={"person.age": expression})
    assert "uses" in caught.value.message or caught.value.message.startswith(message)


REFUSED_VALUES: list[tuple[pw.Field, str, str]] = [
    (text(), "lambda: 'x'", "the fill value of person.new is a function, not what it gives"),
    (text(), "(lambda: 'x')", "the fill value of person.new is a function, not what it gives"),
    (text(), "uuid.uuid4", "the fill value of person.new is a function, not what it gives"),
    (text(), "None", "the fill value of person.new is None, and the field is not null"),
    (text(max_length=3), "'abcd'", "the fill value of person.new has 4 characters, and the field holds 3"),
    (text(max_length=3), "'ab' * 2", "the fill value of person.new has 4 characters, and the field holds 3"),
    (text(), "{'a': 1}", "the fill value of person.new is {'a': 1}, and the field holds text"),
    (number(), "'many'", "the fill value of person.new is 'many', and the field holds numbers"),
    (number(), "1 // 0", "the fill value of person.new cannot be evaluated: ZeroDivisionError: "),
]  # fmt: skip


@pytest.mark.parametrize(("field", "expression", "message"), REFUSED_VALUES)
def test_a_value_the_field_cannot_hold_is_refused(field: pw.Field, expression: str, message: str) -> None:
    """Before a file is written: SQLite would store it."""
    with pytest.raises(ConfigError) as caught:
        changes([NAME], [person(name=text(), new=field)], fill={"person.new": expression})
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize("after", [[NAME], [person(name=text(max_length=9))], [person(name=text(), other=text())]])
def test_a_fill_nobody_gets_is_refused(after: Models) -> None:
    """An answer without effect would be taken for one that was heard."""
    with pytest.raises(ConfigError, match=r'"person\.name" needs no fill'):
        changes([NAME], after, fill={"person.name": "'x'"})


def test_a_field_that_becomes_not_null_takes_a_fill() -> None:
    """Its nulls get the value."""
    told = changes([person(name=text(null=True))], [NAME], fill={"person.name": "'x'"})
    assert told == ['change column "name" of "person": NOT NULL instead of NULL']


def test_every_doubt_is_asked_at_once() -> None:
    """One question for all tables: what is answered for one is not asked anew for the next."""
    with pytest.raises(AmbiguousRenameError) as caught:
        changes([NAME, model("Pet", name=text())], [person(full_name=text()), model("Pet", call_name=text())])
    assert "--rename person.name:full_name --rename pet.name:call_name\n" in caught.value.hint


DESCRIBED: list[tuple[pw.Field, pw.Field, str]] = [
    (text(), text(max_length=20), "VARCHAR(20) instead of VARCHAR(255)"),
    (text(), text(null=True), "NULL instead of NOT NULL"),
    (text(), pw.TextField(null=True), "TEXT instead of VARCHAR(255), NULL instead of NOT NULL"),
    (number(), number(constraints=[pw.SQL("DEFAULT 7")]), "DEFAULT 7 instead of no DEFAULT"),
    (text(), text(collation="NOCASE"), "COLLATE NOCASE instead of no COLLATE"),
    (number(), number(constraints=[pw.Check("x > 0")]), "CHECK (x > 0) instead of no CHECK"),
    (
        pw.ForeignKeyField(NAME, backref="d1", on_delete="SET NULL", column_name="x"),
        pw.ForeignKeyField(NAME, backref="d2", on_delete="CASCADE", column_name="x"),
        "ON DELETE CASCADE instead of ON DELETE SET NULL",
    ),
    (number(index=True), pw.ForeignKeyField(NAME, backref="d3", column_name="x"), 'REFERENCES "person" ("id") instead of no foreign key'),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), DESCRIBED)
def test_a_change_of_a_column_is_told_by_what_changes(before: pw.Field, after: pw.Field, expected: str) -> None:
    """What a person has to judge is the difference, not the new column."""
    told = changes([NAME, model("Thing", x=before)], [NAME, model("Thing", x=after)])
    assert told == [f'change column "x" of "thing": {expected}']
