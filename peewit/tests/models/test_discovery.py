"""Which classes stand for tables: nothing is passed over in silence, and nothing is dropped by accident."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import peewee as pw
import pytest
from playhouse.sqlite_ext import FTS5Model

from peewit.errors import DiscoveryError
from peewit.models import read_models
from peewit.read.discovery import discover

MakePackage = Callable[[dict[str, str]], str]
ONE = "class {0}(pw.Model):\n    name = pw.TextField()\n"


def names(found: Any) -> list[str]:
    return [model.__name__ for model in found.models]


def reasons(found: Any) -> dict[str, str]:
    return {skipped.model.__name__: skipped.reason for skipped in found.skipped}


def test_a_package_is_walked(package: MakePackage) -> None:
    """Models of every module below a package are found, in modules and in packages inside."""
    app = package({"a": ONE.format("A"), "sub.__init__": ONE.format("B"), "sub.c": ONE.format("C")})
    assert names(discover([app])) == ["A", "B", "C"]


def test_a_module_alone_is_not_its_package(package: MakePackage) -> None:
    """A module that is named is read alone."""
    app = package({"a": ONE.format("A"), "b": ONE.format("B")})
    assert names(discover([f"{app}.a"])) == ["A"]


def test_the_script_of_a_package_is_not_run(package: MakePackage) -> None:
    """``__main__`` is left alone: importing it would start the program."""
    app = package({"a": ONE.format("A"), "__main__": "raise SystemExit(1)"})
    assert names(discover([app])) == ["A"]


def test_a_model_that_is_imported_twice_counts_once(package: MakePackage) -> None:
    """The same class in two modules, or named twice, is one model."""
    app = package({"a": ONE.format("A"), "b": "from APP.a import A\nB = A\n"})
    assert names(discover([app, f"{app}.a"])) == ["A"]


def test_a_base_class_is_no_table(package: MakePackage) -> None:
    """A class others inherit from is left out, and the reason is given."""
    app = package({"a": "class Base(pw.Model):\n    pass\nclass A(Base):\n    pass\nclass B(A):\n    pass\n"})
    found = discover([app])
    assert (names(found), reasons(found)) == (
        ["B"], {"Base": "other models inherit from it", "A": "other models inherit from it"},
    )  # fmt: skip


@pytest.mark.parametrize("line", [
    "table_name = 'a'", "table_name = 'other'", "table_name: str = 'a'",
])  # fmt: skip
def test_a_base_class_that_names_its_table_is_one(package: MakePackage, line: str) -> None:
    """``Meta.table_name`` written out makes a table of a class others inherit from."""
    app = package(
        {
            "a": f"class A(pw.Model):\n    class Meta:\n        {line}\nclass B(A):\n    class Meta:\n        table_name = 'b'\n"
        }
    )
    assert names(discover([app])) == ["A", "B"]


def test_a_base_class_with_a_rule_for_names_is_no_table(package: MakePackage) -> None:
    """The rule is for those that inherit; only a name of its own makes the base a table."""
    rule = "table_function = lambda model: 'app_' + model.__name__.lower()"
    app = package(
        {
            "a": f"class Base(pw.Model):\n    class Meta:\n        {rule}\n"
            "class Person(Base):\n    pass\n"
            "class Own(Base):\n    class Meta:\n        table_name = 'own'\n"
            "class Child(Own):\n    pass\n"
        }
    )
    found = discover([app])
    assert reasons(found) == {"Base": "other models inherit from it"}
    assert [model._meta.table_name for model in found.models] == ["app_person", "own", "app_child"]


def test_a_base_class_whose_table_is_known_stays_one(package: MakePackage) -> None:
    """A table the migrations made is never taken for a base class because something inherits from it now."""
    app = package({"a": "class A(pw.Model):\n    pass\nclass B(A):\n    pass\n"})
    assert names(discover([app], known=["a"])) == ["A", "B"]


TEAM = "class Team(pw.Model):\n    name = pw.TextField()\n"
PERSON = "from APP import team\nclass Person(pw.Model):\n    team = pw.ForeignKeyField(team.Team)\n"


def test_what_a_model_refers_to_is_one(package: MakePackage) -> None:
    """A foreign key leads to a model of a module that was not named: its table is not dropped for that."""
    app = package(
        {"team": TEAM, "person": PERSON, "more": PERSON.replace("Person", "More").replace("team = pw", "t = pw")}
    )
    assert names(discover([f"{app}.person"])) == ["Person", "Team"]
    found = discover([f"{app}.person", f"{app}.more"], ignore=["Person", "Team"])
    assert (names(found), reasons(found)) == (
        ["More"], {"Person": "ignored by the settings", "Team": "ignored by the settings"},
    )  # fmt: skip


def test_a_base_class_somebody_refers_to_is_a_table(package: MakePackage) -> None:
    """A foreign key needs its table, also where others inherit from it; one to itself says nothing."""
    person = "class Person(pw.Model):\n    name = pw.TextField()\n    up = pw.ForeignKeyField('self', null=True)\n"
    boss = "class Boss(Person):\n    who = pw.ForeignKeyField(Person, backref='+')\n"
    assert names(discover([package({"a": person + boss})])) == ["Person", "Boss"]
    found = discover(
        [package({"a": person + boss.replace("pw.ForeignKeyField(Person, backref='+')", "pw.TextField()")})]
    )
    assert reasons(found) == {"Person": "other models inherit from it"}


def test_a_mixin_is_no_model(package: MakePackage) -> None:
    """Fields of a plain class come into the model that takes them."""
    app = package(
        {"a": "class Stamped:\n    made = pw.DateTimeField(null=True)\nclass A(Stamped, pw.Model):\n    pass\n"}
    )
    assert names(discover([app])) == ["A"]


def test_a_class_made_by_type_is_a_model(package: MakePackage) -> None:
    """Peewee gives a class made by ``type()`` its own module's name, and it counts all the same."""
    app = package({"a": "A = type('A', (pw.Model,), {'name': pw.TextField()})\n"})
    assert names(discover([app])) == ["A"]


def test_what_peewee_defines_is_left_out(package: MakePackage) -> None:
    """Classes imported from Peewee and its playhouse are not the application's tables."""
    app = package({"a": "from playhouse.sqlite_ext import FTS5Model\nclass A(pw.Model):\n    pass\n"})
    assert names(discover([app])) == ["A"]


def test_a_through_table_is_found_where_it_is_kept(package: MakePackage) -> None:
    """The table of a ManyToManyField counts when its class is in a module."""
    text = "class A(pw.Model):\n    pass\nclass B(pw.Model):\n    many = pw.ManyToManyField(A)\nThrough = B.many.get_through_model()\n"
    assert sorted(read_models(discover([package({"a": text})]).models).tables) == ["a", "b", "b_a_through"]


def test_a_through_table_is_found_where_nobody_keeps_it(package: MakePackage) -> None:
    """Peewee makes its class when it is first asked for: the field alone is enough."""
    text = "class A(pw.Model):\n    pass\nclass B(pw.Model):\n    many = pw.ManyToManyField(A, backref='more')\n"
    found = discover([package({"a": text})]).models
    assert sorted(read_models(found).tables) == ["a", "b", "b_a_through"]
    assert [column.name for column in read_models(found)["b_a_through"].columns] == ["id", "b_id", "a_id"]


def test_a_through_model_of_ones_own_counts_where_it_is(package: MakePackage) -> None:
    text = """
class A(pw.Model):
    pass
Later = pw.DeferredThroughModel()
class B(pw.Model):
    many = pw.ManyToManyField(A, through_model=Later)
class Between(pw.Model):
    a = pw.ForeignKeyField(A)
    b = pw.ForeignKeyField(B)
Later.set_model(Between)
"""
    assert sorted(read_models(discover([package({"a": text})]).models).tables) == ["a", "b", "between"]


def test_special_tables_are_left_out(package: MakePackage) -> None:
    """Virtual and temporary tables are not migrated, and the reason is given."""
    text = """
from playhouse.sqlite_ext import FTS5Model, SearchField
class Search(FTS5Model):
    body = SearchField()
class Scratch(pw.Model):
    class Meta:
        temporary = True
class A(pw.Model):
    pass
"""
    found = discover([package({"a": text})])
    assert names(found) == ["A"]
    assert (reasons(found)["Search"], reasons(found)["Scratch"]) == ("a virtual table", "a temporary table")


@pytest.mark.parametrize("ignored", ["a", "A", "Thing", "THING", "thing"])
def test_ignored_models_are_left_out(package: MakePackage, ignored: str) -> None:
    """``ignore`` is a class or a table, in any case."""
    app = package(
        {"m": "class Thing(pw.Model):\n    class Meta:\n        table_name = 'a'\nclass B(pw.Model):\n    pass\n"}
    )
    found = discover([app], ignore=[ignored])
    assert (names(found), reasons(found)) == (["B"], {"Thing": "ignored by the settings"})


DATABASES = """
ours = pw.SqliteDatabase('ours.db')
other = pw.SqliteDatabase('other.db')
proxy = pw.DatabaseProxy()
proxy.initialize(ours)
foreign = pw.DatabaseProxy()
foreign.initialize(other)
waiting = pw.DatabaseProxy()
def of(database):
    return type('Meta', (), {'database': database})
class Ours(pw.Model):
    Meta = of(ours)
class ByProxy(pw.Model):
    Meta = of(proxy)
class Unbound(pw.Model):
    pass
class Waiting(pw.Model):
    Meta = of(waiting)
class Other(pw.Model):
    Meta = of(other)
class Foreign(pw.Model):
    Meta = of(foreign)
class SamePlace(pw.Model):
    Meta = of(pw.SqliteDatabase('ours.db'))
"""


def test_models_of_another_database_are_left_out(package: MakePackage) -> None:
    """Models of our database count, by proxy too, and those of none; those of another do not."""
    app = package({"m": DATABASES})
    ours = __import__(f"{app}.m", fromlist=["ours"]).ours
    found = discover([app], database=ours)
    assert names(found) == ["Ours", "ByProxy", "Unbound", "Waiting", "SamePlace"]
    assert reasons(found) == dict.fromkeys(["Other", "Foreign"], "it belongs to another database")


@pytest.mark.parametrize(("text", "expected"), [
    ("import no_such_module_at_all", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
    ("from peewee import NoSuchName", "ImportError: cannot import name 'NoSuchName'"),
    ("class A(pw.Model)\n    pass", "SyntaxError"),
    ("raise RuntimeError('not today')", "RuntimeError: not today"),
    ("class A(pw.Model):\n    x = 1 / 0", "ZeroDivisionError"),
])  # fmt: skip
@pytest.mark.parametrize("module", ["m", "sub.m", "__init__", "sub.__init__"])
def test_a_module_that_fails_is_named(package: MakePackage, module: str, text: str, expected: str) -> None:
    """Whatever goes wrong in a module stops everything, and the error has its name."""
    app = package({"a": ONE.format("A"), "sub.__init__": "", module: text})
    with pytest.raises(DiscoveryError) as caught:
        discover([app])
    name = f"{app}.{module}".removesuffix(".__init__")
    assert caught.value.message.startswith(f'module "{name}" cannot be imported: {expected}')
    assert caught.value.hint == "nothing was compared: a table is never dropped because its module failed to load"


def test_a_module_that_exits_is_named(package: MakePackage) -> None:
    """A module that ends the program on import does not end it in silence."""
    app = package({"a": ONE.format("A"), "b": "raise SystemExit(0)"})
    with pytest.raises(DiscoveryError, match="SystemExit"):
        discover([app])


def test_no_models_is_an_error(package: MakePackage) -> None:
    """A module without models is a mistake, never a reason to drop everything."""
    app = package({"m": "x = 1"})
    with pytest.raises(DiscoveryError, match=f"no models were found in {app}"):
        discover([app])
    with pytest.raises(DiscoveryError, match="no models are configured"):
        discover([])


def test_none_of_our_models_is_an_error(package: MakePackage) -> None:
    """Models of which none is ours are an error that lists them."""
    app = package({"m": "class A(pw.Model):\n    pass"})
    with pytest.raises(DiscoveryError, match="left out: A: ignored by the settings"):
        discover([app], ignore=["a"])


def test_two_classes_on_one_table_are_refused(package: MakePackage) -> None:
    """Both are named, with the ways out."""
    meta = "    class Meta:\n        table_name = 't'\n"
    app = package({"a": f"class A(pw.Model):\n{meta}", "b": f"class B(pw.Model):\n{meta}"})
    with pytest.raises(DiscoveryError) as caught:
        read_models(discover([app]).models)
    assert str(caught.value) == (
        f'two models describe table "t": {app}.a.A and {app}.b.B\n'
        "give one of them its own Meta.table_name, or add it to ignore"
    )


def test_one_name_in_two_modules(package: MakePackage) -> None:
    """Classes of one name count both, where each has its own table."""
    text = "class A(pw.Model):\n    class Meta:\n        table_name = '{}'\n"
    app = package({"a": text.format("one"), "b": text.format("two")})
    assert sorted(read_models(discover([app]).models).tables) == ["one", "two"]


def test_classes_are_taken_as_they_are() -> None:
    """A class that is named itself counts, also where others inherit from it."""
    base = type("Base", (pw.Model,), {})
    child = type("Child", (base,), {})
    assert names(discover([base, child])) == ["Base", "Child"]


def test_a_virtual_class_that_is_named_is_left_out() -> None:
    """Also a class that is named itself is no table when it is virtual."""
    with pytest.raises(DiscoveryError, match="a virtual table"):
        discover([type("Words", (FTS5Model,), {})])


def test_a_reference_to_nothing_is_named(package: MakePackage, tmp_path: Path) -> None:
    """A DeferredForeignKey whose model was never defined is an error with its name."""
    app = package({"m": "class A(pw.Model):\n    b = pw.DeferredForeignKey('Nowhere')\n"})
    with pytest.raises(DiscoveryError, match=f'{app}.m.A.b refers to a model "nowhere" that was never defined'):
        read_models(discover([app]).models)
    assert tmp_path.exists()
