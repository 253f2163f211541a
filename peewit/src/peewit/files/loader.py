"""A migration file's text → its functions. The file is compiled as it stands, under any locale."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import field
from types import FunctionType
from typing import Any

from peewit.dataclass import dataclass
from peewit.errors import MigrationFileError, PeewitError
from peewit.files.foreign import foreign_tool
from peewit.files.rewriting import PASSED, lenient, parse, program
from peewit.models.apart import apart

Body = Callable[..., object]

_OURS = (b"migrate", b"rollback", b"import *", b"irreversible")
"""What a file has that is a migration. One that has none of it is some other program: it is not run to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One migration file, read and compiled.

    ``rollback`` is None where the file has none; ``atomic`` and ``irreversible`` are its module constants.
    ``foreign`` is the tool the file is written for, where that is not peewee-migrate: then it does nothing here.
    """

    name: str
    source: bytes = field(repr=False)
    path: str
    migrate: Body | None = field(repr=False)
    rollback: Body | None = field(repr=False)
    atomic: bool = True
    irreversible: str = ""
    foreign: str = ""

    @property
    def echoes(self) -> bool:
        """Whether peewee-migrate wrote the file: some of its versions write each default into the database too."""
        return b"Write your migrations here" in self.source


def load(name: str, source: bytes, path: str) -> Migration:
    """Compile a migration's text and run its top level; MigrationFileError where that fails."""
    return _load(name, source, path, lambda: program(source, path), {})


def load_leniently(migration: Migration, passed: list[str]) -> Migration:
    """A migration whose functions pass over every statement that fails; what was passed over goes to ``passed``.

    What fails in the schema's own terms, or because a name is wrong, still does.
    """
    lost: set[str] = set()

    def note(line: int, error: Exception, names: str) -> None:
        mistaken = isinstance(error, AttributeError) and type(error.obj).__module__.startswith("peewit.")
        local = isinstance(error, UnboundLocalError)  # it would have been given a value by what was passed over
        unknown = isinstance(error, NameError) and not local and error.name not in lost
        if isinstance(error, PeewitError) or mistaken or unknown:
            raise error
        lost.update(names.split())
        passed.append(f"line {line} was passed over: {type(error).__name__}: {error}")

    return _load(
        migration.name,
        migration.source,
        migration.path,
        lambda: lenient(parse(migration.source, migration.path)),
        {PASSED: note},
    )


def _load(
    name: str, source: bytes, path: str, text: Callable[[], bytes | ast.Module], more: Mapping[str, object]
) -> Migration:
    scope: dict[str, Any] = {"__name__": f"migration_{name}", "__file__": path, **more}
    try:
        foreign = foreign_tool(source)
        code = None if foreign else compile(text(), path, "exec", dont_inherit=True)
        if code is not None and any(word in source for word in _OURS):
            exec(code, scope)
    except Exception as error:
        raise MigrationFileError(
            f"migration {name} cannot be read: {type(error).__name__}: {error}", hint=f"see {path}"
        ) from error
    return Migration(
        name=name,
        source=source,
        path=path,
        migrate=scope.get("migrate"),
        rollback=scope.get("rollback"),
        atomic=bool(scope.get("atomic", True)),
        irreversible=str(scope.get("irreversible") or ""),
        foreign=foreign,
    )


def call(body: Body | None, migrator: object, database: object, *, fake: bool) -> None:
    """Call a ``migrate`` or ``rollback`` with what it takes: ``fake`` came and went over the years."""
    if body is None:
        return
    if isinstance(body, FunctionType) and body.__code__.co_flags & _NOT_RUN_BY_A_CALL:
        raise _of_another_kind(body, "is async or has a yield in it: a call would run nothing")
    given = {"fake": fake} if _takes_fake(body) else {}
    try:
        with apart():
            body(migrator, database, **given)
    except TypeError as error:
        if error.__traceback__ is None or error.__traceback__.tb_next is not None:
            raise
        takes = f"takes {inspect.signature(body)}, and is called with a migrator and a database"
        raise _of_another_kind(body, takes) from None


_NOT_RUN_BY_A_CALL = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


def _of_another_kind(body: Body, why: str) -> MigrationFileError:
    name = getattr(body, "__name__", "function")
    return MigrationFileError(
        f"its {name} {why}", hint=f"it is to begin: def {name}(migrator, database, *, fake=False)"
    )


def _takes_fake(body: Body) -> bool:
    if type(body) is FunctionType and not vars(body):  # as nearly all are: its own words say it, sooner
        code = body.__code__
        named = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        return "fake" in named or bool(code.co_flags & inspect.CO_VARKEYWORDS)
    parameters = inspect.signature(body).parameters.values()
    return any(p.name == "fake" or p.kind is p.VAR_KEYWORD for p in parameters)
