"""Finding the models: every module is imported, every class counts once, and nothing is passed over in silence."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import peewee

from peewit.dataclass import dataclass
from peewit.errors import DiscoveryError, cause_of

Model = type[peewee.Model]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A model class that stands for no table of ours, and why."""

    model: Model
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """The models that stand for tables, and the classes that do not."""

    models: tuple[Model, ...]
    skipped: tuple[Skipped, ...] = ()


def discover(
    sources: Sequence[str | Model],
    *,
    ignore: Iterable[str] = (),
    database: peewee.Database | None = None,
    known: Iterable[str] = (),
) -> Discovered:
    """Find the models in modules and packages, given by dotted name, or take classes as they are.

    ``ignore`` are class or table names in any case. ``database`` is ours: models of another one are left
    out. ``known`` are the tables the migrations know: a class whose table is among them stays a table,
    also where other models inherit from it. So does one that a foreign key leads to, in whichever module
    it is. DiscoveryError where a module fails to import, where no model is found, or where none of those
    found is ours.
    """
    found = list(dict.fromkeys(model for source in sources for model in _models_in(source)))
    found += [through for through in _through(found) if through not in found]
    certain = {source for source in sources if not isinstance(source, str)}
    ignored = {name.lower() for name in ignore}
    tables = set(known)
    while True:
        reasons = {model: _reason_to_skip(model, ignored, database, tables, model in certain) for model in found}
        kept = tuple(model for model, reason in reasons.items() if not reason)
        referred = {target: None for model in kept for target in model._meta.refs.values() if target is not model}
        if referred.keys() <= certain:
            break
        found += [model for model in referred if model not in reasons]
        certain |= referred.keys()
    skipped = tuple(Skipped(model=model, reason=reason) for model, reason in reasons.items() if reason)
    if not kept:
        raise _nothing_found(sources, skipped)
    return Discovered(models=kept, skipped=skipped)


def _nothing_found(sources: Sequence[str | Model], skipped: Sequence[Skipped]) -> DiscoveryError:
    if not sources:
        return DiscoveryError("no models are configured", hint="name the module that defines them: --models")
    where = ", ".join(s if isinstance(s, str) else s.__name__ for s in sources)
    if not skipped:
        return DiscoveryError(f"no models were found in {where}", hint="name the module that defines them: --models")
    listed = "; ".join(f"{s.model.__name__}: {s.reason}" for s in skipped)
    return DiscoveryError(f"none of the models in {where} is a table of this database", hint=f"left out: {listed}")


def _models_in(source: str | Model) -> Iterable[Model]:
    if not isinstance(source, str):
        yield source
        return
    for module in _modules(source):
        for value in list(vars(module).values()):
            if isinstance(value, type) and issubclass(value, peewee.Model) and value is not peewee.Model:
                yield value


def _through(models: Iterable[Model]) -> dict[Model, None]:
    """The models Peewee has made for many-to-many fields, which need be in no module."""
    fields = (field for model in models for field in model._meta.manytomany.values())
    return {field.through_model: None for field in fields if field.through_model.__module__ == "peewee"}


def _modules(name: str) -> Iterable[ModuleType]:
    module = _import(name)
    yield module
    if not hasattr(module, "__path__"):
        return

    def failed(package: str) -> None:
        raise _import_failed(package, sys.exc_info()[1])

    for info in pkgutil.walk_packages(module.__path__, f"{name}.", onerror=failed):
        if not info.name.endswith(".__main__"):
            yield _import(info.name)


def _import(name: str) -> ModuleType:
    try:
        return import_module(name)
    except (Exception, SystemExit) as error:
        raise _import_failed(name, error) from error


def _import_failed(name: str, error: BaseException | None) -> DiscoveryError:
    cause = cause_of(error) if error is not None else "unknown error"
    return DiscoveryError(
        f'module "{name}" cannot be imported: {cause}',
        hint="nothing was compared: a table is never dropped because its module failed to load",
    )


def _reason_to_skip(
    model: Model, ignored: set[str], database: peewee.Database | None, known: set[str], explicit: bool
) -> str:
    meta = model._meta
    if meta.table_name.lower() in ignored or model.__name__.lower() in ignored:
        return "ignored by the settings"
    if _is_of_peewee(model):
        return "a class of Peewee itself"
    if meta.temporary:
        return "a temporary table"
    if "VirtualTable" in type(vars(model)["_schema"]).__name__:
        return "a virtual table"
    bound: Any = meta.get_database_instance()
    if database is not None and bound is not None and not same_database(bound, database):
        return "it belongs to another database"
    if _is_base(model) and not explicit and meta.table_name not in known and not _names_its_table(model):
        return "other models inherit from it"
    return ""


def _is_of_peewee(model: Model) -> bool:
    """Whether Peewee defines the class. One made by ``type(…)`` only says so: it is in no module."""
    module = sys.modules.get(model.__module__)
    return model.__module__.split(".")[0] in ("peewee", "playhouse") and (
        getattr(module, model.__name__, None) is model
    )


def same_database(one: peewee.Database, other: peewee.Database) -> bool:
    """Whether two objects stand for one database."""
    if one is other:
        return True
    return _place(one) == _place(other) and isinstance(one, type(other) | _family(other))


def same_place(one: peewee.Database, other: peewee.Database) -> bool:
    """Whether two objects lead to one database for certain: on a server, its host and port count as well."""

    def server(database: peewee.Database) -> tuple[str, str, str]:
        given = database.connect_params
        host = str(given.get("host") or given.get("unix_socket") or "localhost")
        return str(database.database), "localhost" if host == "127.0.0.1" else host, str(given.get("port") or "")

    return same_database(one, other) and (
        isinstance(one, peewee.SqliteDatabase) or (server(one) == server(other) and "://" not in str(one.database))
    )


def _place(database: peewee.Database) -> str:
    """Where a database is: a file by its whole path, so that nobody is fooled by how it was written."""
    name = str(database.database)
    in_memory = name in ("", ":memory:") or name.startswith("file:")
    return str(Path(name).resolve()) if isinstance(database, peewee.SqliteDatabase) and not in_memory else name


def _family(database: peewee.Database) -> type[peewee.Database]:
    families = (peewee.SqliteDatabase, peewee.PostgresqlDatabase, peewee.MySQLDatabase)
    return next((family for family in families if isinstance(database, family)), type(database))


def _is_base(model: Model) -> bool:
    return any(issubclass(sub, peewee.Model) for sub in model.__subclasses__())


def _table_name_by_rule(model: Model) -> str:
    """What a class's table is called that does not say so itself: by ``Meta.table_function``, or Peewee's rule."""
    meta = model._meta
    return str(meta.table_function(model) if meta.table_function else meta.make_table_name())


def _names_its_table(model: Model) -> bool:
    """Whether the class writes ``table_name`` in its Meta: read from its source, since Peewee does not keep it."""
    if model._meta.table_name != _table_name_by_rule(model):
        return True
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    except (OSError, TypeError, SyntaxError):
        return False
    body = tree.body[0].body if tree.body and isinstance(tree.body[0], ast.ClassDef) else []
    metas = [node for node in body if isinstance(node, ast.ClassDef) and node.name == "Meta"]
    lines = [line for meta in metas for line in meta.body]
    targets = [t for line in lines if isinstance(line, ast.Assign) for t in line.targets]
    targets += [line.target for line in lines if isinstance(line, ast.AnnAssign)]
    return any(isinstance(t, ast.Name) and t.id in ("table_name", "db_table") for t in targets)
