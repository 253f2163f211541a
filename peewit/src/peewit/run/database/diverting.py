"""Other connections for the application's own database objects, in one thread and for a while.

A file may use the models of the application, which know their database, or import that database itself. While
it is replayed they speak to a private database in memory; while it is run, to the connection that migrates.
Peewee keeps the connection of each thread apart, so no other thread notices.
"""

from __future__ import annotations

import ast
import gc
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import peewee

from peewit.errors import UnsupportedChangeError
from peewit.run.database.target import is_async

exceptions: Any = vars(peewee)["__exception_wrapper__"]
"""Turns a driver's errors into Peewee's."""

_State: Any = vars(peewee)["_ConnectionState"]
_KEPT = tuple(vars(_State()))
"""What Peewee keeps of a connection: what that is, is another thing from version to version."""


@contextmanager
def diverted(
    database: peewee.Database, state: Mapping[str, Any], methods: Mapping[str, Callable[..., Any]] | None = None
) -> Iterator[None]:
    """Let a database object of this thread use another connection; ``methods`` stand in for some of its own.

    ``state`` is what Peewee keeps of a connection: see :func:`state_of`.
    """
    connection, kept = state["conn"], state_of(database)
    instead = {"_connect": lambda: connection, "_close": lambda *_: None, **(methods or {})}
    key = (threading.get_ident(), id(database))
    former = _diverted.get(key)
    with _instead(database, instead, lambda: key in _diverted):
        _diverted[key] = kept if former is None else former
        _set(database, state)
        try:
            yield
        finally:
            _set(database, kept)
            del _diverted[key]
            if former is not None:
                _diverted[key] = former


@contextmanager
def afresh(database: peewee.Database) -> Iterator[None]:
    """Put the connection of this thread aside, so that the object opens another one; that one is closed again."""
    kept = state_of(database)
    _set(database, vars(_State()))
    try:
        yield
    finally:
        try:
            if not database.is_closed():
                database.close()
        finally:
            _set(database, kept)


@contextmanager
def in_one_transaction(database: peewee.Database, done: Callable[[], int]) -> Iterator[None]:
    """Let a body commit and roll back as if the transaction were its own: what it does stays part of ours.

    ``done`` counts what was done for it by its migrator: that cannot be rolled back without being forgotten.
    """
    before = done()

    def execute(statement: str) -> None:
        with exceptions:
            database.cursor().execute(statement)

    def commit(*_: Any, **__: Any) -> None:
        nonlocal before
        execute("SAVEPOINT peewit_begin")  # above the former one, which counts again when a block around this one ends
        before = done()

    def rollback(*_: Any, **__: Any) -> None:
        if done() != before:
            raise UnsupportedChangeError(
                "the migration rolls back what its migrator has done since it last committed",
                hint="undo it by the migrator's own operations, or let the file run in none: atomic = False",
            )
        execute("ROLLBACK TO SAVEPOINT peewit_begin")

    methods = {"begin": lambda *_, **__: None, "commit": commit, "rollback": rollback}
    with _instead(database, methods, lambda: True):
        yield


@contextmanager
def straight(database: peewee.Database) -> Iterator[None]:
    """Inside :func:`diverted`: its own connection again, for as long as the block runs."""
    key = (threading.get_ident(), id(database))
    if key not in _diverted:
        yield
        return
    kept, now = _diverted.pop(key), state_of(database)
    _set(database, kept)
    try:
        yield
    finally:
        _set(database, now)
        _diverted[key] = kept


_diverted: dict[tuple[int, int], dict[str, Any]] = {}
"""The objects that are diverted, by thread, each with what Peewee keeps of its own connection."""


def state_of(database: peewee.Database) -> dict[str, Any]:
    """What Peewee keeps of the connection of this thread."""
    state: Any = vars(database)["_state"]
    return {name: getattr(state, name) for name in _KEPT}


def opened(connection: Any) -> dict[str, Any]:
    """What Peewee keeps of a connection that was just opened."""
    state = _State()
    state.set_connection(connection)
    return dict(vars(state))


def _set(database: peewee.Database, values: Mapping[str, Any]) -> None:
    state: Any = vars(database)["_state"]
    for name, value in values.items():
        setattr(state, name, value)


class _Wrapper:
    """A function in a method's place, which stands in for it in the threads that want that."""

    def __init__(self, database: peewee.Database, name: str) -> None:
        own = vars(database)
        self._own, self._name = own, name
        self._former = [own[name]] if name in own else []
        self._real = getattr(database, name)
        self._methods: dict[int, list[tuple[Callable[..., Any], Callable[[], bool]]]] = {}
        own[name] = self

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for method, wanted in reversed(self._methods.get(threading.get_ident(), [])):
            if wanted():
                return method(*args, **kwargs)
        return self._real(*args, **kwargs)

    def push(self, method: Callable[..., Any], wanted: Callable[[], bool]) -> None:
        self._methods.setdefault(threading.get_ident(), []).append((method, wanted))

    def pop(self) -> bool:
        """Forget this thread's newest method; whether none is left in any thread, and the method is back."""
        mine = threading.get_ident()
        methods = self._methods[mine]
        methods.pop()
        if not methods:
            del self._methods[mine]
        if not self._methods and self._own.get(self._name) is self:
            del self._own[self._name]
            self._own.update((self._name, former) for former in self._former)
        return not self._methods


_wrappers: dict[tuple[int, str], _Wrapper] = {}
_lock = threading.Lock()


@contextmanager
def _instead(
    database: peewee.Database, methods: Mapping[str, Callable[..., Any]], wanted: Callable[[], bool]
) -> Iterator[None]:
    """Put functions in the place of methods, for this thread and as long as they are ``wanted``."""
    keys = [(id(database), name) for name in methods]
    with _lock:
        for key, method in zip(keys, methods.values(), strict=True):
            if key not in _wrappers:
                _wrappers[key] = _Wrapper(database, key[1])
            _wrappers[key].push(method, wanted)
    try:
        yield
    finally:
        with _lock:
            for key in keys:
                if _wrappers[key].pop():
                    del _wrappers[key]


@contextmanager
def forgetting() -> Iterator[None]:
    """Forget the application's modules that are first imported inside: what they made then was made in a replay."""
    before = set(sys.modules)
    libraries = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            path = str(getattr(sys.modules[name], "__file__", None) or "")
            if path and not path.startswith(libraries):
                del sys.modules[name]


def databases_around(source: bytes) -> list[peewee.Database]:
    """The database objects a file can get at: all there are but our own. Asynchronous ones have no connection here.

    What the file's functions import is imported now: its databases are there from then on.
    """
    for module in _imported_late(source):
        with suppress(Exception, SystemExit):  # the file does it again, and may be prepared for what it raises
            import_module(module)
    classes = set(_subclasses(peewee.Database))
    found = [thing for thing in gc.get_objects() if type(thing) in classes and not hasattr(thing, "private")]
    return [database for database in found if not is_async(database)]


def _subclasses(kind: type) -> Iterator[type]:
    yield kind
    below: type
    for below in kind.__subclasses__():
        yield from _subclasses(below)


def _imported_late(source: bytes) -> Iterator[str]:
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import):
                    yield from (alias.name for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield node.module
