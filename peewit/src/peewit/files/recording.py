"""What a migration file asks for, as it asks: the queue, its barriers, and the schema that is reached.

:mod:`peewit.files.migrator` has the words; here is what they share.
"""

from __future__ import annotations

import difflib
import dis
import sys
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from types import CodeType
from typing import Any

import peewee

from peewit.errors import MigrationFileError, SchemaError
from peewit.files.orm import Model, Orm
from peewit.models import (
    read_column,
    read_model,
)
from peewit.operations import (
    AddColumn,
    CreateTable,
    DropColumn,
    DropTable,
    Operation,
    RunCode,
    begins_change,
)
from peewit.schema import Column, Schema, Table, key_of
from peewit.sql import canonical

Run = Callable[[list[Operation], Schema], None]
"""Takes recorded operations and the schema before them; a real run compiles and executes them, a replay does not."""

Understand = Callable[[str, Schema], Iterable[Operation]]
"""What raw SQL comes to on a schema, as far as it can be read."""


_WORDS = frozenset(
    f"{verb}_{noun}"
    for verb in ("add", "change", "create", "drop", "remove", "rename")
    for noun in (
        *("model", "table", "fields", "columns", "field", "column", "index", "constraint", "constraints"),
        *("not_null", "default", "primary_key"),
    )
)
"""What a function given to ``run`` calls where it asks its migrator for more: then a replay has to call it too."""


class Ops:
    """A list that can only be added to."""

    def __init__(self, add: Callable[[Any], None]) -> None:
        self.append = add

    def extend(self, ops: Iterable[Any]) -> None:
        """Add several."""
        for op in ops:
            self.append(op)

    __iadd__ = extend


class Recording:
    """Operations on top of the schema the migrations before lead to: queued, and handed on at each barrier."""

    def __init__(
        self,
        database: peewee.Database,
        before: Schema,
        run: Run,
        *,
        pretend: Run = lambda _, __: None,
        dialect: str = "sqlite",
        understand: Understand = lambda _, __: (),
        echoes: bool = False,
        anyone: Anyone | None = None,
    ) -> None:
        # ``pretend`` is told of what counts without being run; ``dialect`` is the language of the file's SQL, and
        # ``understand`` reads it where the database itself does not tell what it came to; ``echoes``: the file was
        # made by a tool that writes every default into the database too. ``anyone`` may be shared by files.
        self.__database__ = database
        self._run = run
        self._pretend = pretend
        self._dialect = dialect
        self._understand = understand
        self._echoes = echoes
        self._state = self._flushed = before
        self._shown: Schema | None = None
        self._faking = False
        self.assumed: list[str] = []
        self._queue: list[Operation] = []
        self._waiting: dict[str, Model] = {}
        self.recorded: list[Operation] = []
        self._anyone = anyone or Anyone(database)
        self.orm = Orm(self._seen, database, self._waiting)

    @property  # type: ignore[misc]  # read only: nothing of ours changes its class
    def __class__(self) -> Any:
        """For ``isinstance``: also peewee-migrate's own class, which is not loaded for files that do not use it."""
        stock = sys.modules.get("peewee_migrate.migrator")
        return type(self) if stock is None else stock.Migrator

    # ------------------------------------------------------------------ what a file may look at

    @property
    def state(self) -> Schema:
        """The schema after everything that was recorded so far."""
        self._read_waiting()
        return self._state

    def _seen(self) -> Schema:
        """What a file may ask for models of. A class that waits for one the file is yet to write is not read for it."""
        if self._shown is not None:
            return self._shown
        if not any(map(_waits, self._waiting.values())):
            self._read_waiting()
        return self._state

    @property
    def flushed(self) -> Schema:
        """The schema after everything that was handed on so far."""
        return self._flushed

    @property
    def database(self) -> peewee.Database:
        """The database the migration is for."""
        database: peewee.Database = self.__database__
        return database

    @property
    def migrator(self) -> Any:
        """peewee-migrate's own playhouse migrator, for files that go past this one."""
        from peewee_migrate.migrator import SchemaMigrator

        return SchemaMigrator.from_database(self.__database__)

    @property
    def ops(self) -> Ops:
        """peewee-migrate's own queue: what is put into it is run in its place."""
        return Ops(self._queue_op)

    @property
    def __ops__(self) -> Ops:
        return self.ops

    def _queue_op(self, op: Any) -> None:
        """Take one of playhouse's operations, which change the schema past this migrator, or a function."""
        playhouse = sys.modules.get("playhouse.migrate")
        if playhouse is not None and isinstance(op, playhouse.Operation):
            self._add(RunCode(name=op.fn.__name__, function=op.run, schema=True))
        else:
            self.run(op)

    def __iter__(self) -> Iterator[Model]:
        return iter(self.orm)

    def __getattr__(self, name: str) -> Model:
        if name.startswith("_") or "orm" not in vars(self):
            raise AttributeError(name)
        if name not in self.orm and name not in self._waiting:
            close = difflib.get_close_matches(name, [known for known in dir(type(self)) if known[0] != "_"], n=1)
            suggestion = f': did you mean "{close[0]}"?' if close else ""
            raise AttributeError(f'there is no operation, model or table "{name}"{suggestion}')
        model: Model = getattr(self.orm, name)
        return model

    # ------------------------------------------------------------------ recording

    def flush(self) -> None:
        """Hand on what is queued: at a barrier, and at the end of the file."""
        self._read_waiting()
        self._read_edited()
        self._hand_on()

    def _hand_on(self) -> None:
        queue, self._queue = self._queue, []
        before, self._flushed = self._flushed, self._state
        if queue:
            self._run(queue, before)

    __call__ = flush

    def _add(self, *operations: Operation) -> None:
        self._read_waiting()
        for operation in operations:
            self._state = self._applied(operation)
            self._queue.append(operation)
            self.recorded.append(operation)

    def _applied(self, operation: Operation) -> Schema:
        """The schema after an operation. What is only faked may count already: then it is as it is described here."""
        if self._faking:
            match operation:
                case CreateTable(table=table) if table.key in self._state:
                    return self._state.replacing(table.key, table)
                case AddColumn(table=key, column=column) if self._state[key].find(column.name) is not None:
                    return self._state.replacing(key, self._state[key].replacing(column.name, column))
                case DropTable(table=key) if key not in self._state:
                    return self._state
                case DropColumn(table=key, column=name) if self._state[key].find(name) is None:
                    return self._state
                case _:
                    pass
        return operation.apply(self._state)

    def executed(self, sql: str) -> None:
        """A body has run a statement by itself: what it did to the schema counts from now on."""
        self._read_waiting()
        self._flushed = _after(self._flushed, self._understand(sql, self._flushed))
        self._learn(self._understand(sql, self._state))
        for operation in list(self._queue):
            if isinstance(operation, CreateTable) and operation.table.key in self._flushed:
                self._queue.remove(operation)  # the class has made its own table
                self._flushed = self._flushed.replacing(operation.table.key, operation.table)

    def _learn(self, operations: Iterable[Operation]) -> None:
        before, self._state = self._state, _after(self._state, operations)
        for table in self._state:
            if before.tables.get(table.key) is not table:
                self._show(table.key)

    def _read_waiting(self) -> None:
        """Take the models of ``create_model`` as they are now: with what was added after the decorator."""
        waiting = list(self._waiting.values())
        self._waiting.clear()
        for model in waiting:
            table = read_model(model, self._dialect)
            if self._echoes:
                table = replace(table, columns=tuple(map(_echoing, table.columns)))
            if table.key not in self._state or self._faking:
                self._add(CreateTable(table=table))
            self.orm.take(self._state[table.key], model)  # stock creates IF NOT EXISTS, and takes the model

    @contextmanager
    def fake(self) -> Iterator[Recording]:
        """What is recorded inside counts for the schema and is not run: it may be there already."""
        self._read_waiting()
        self._hand_on()
        self._faking = True
        try:
            yield self
            self._read_waiting()
        finally:
            self._faking = False
        faked, self._queue = self._queue, []
        before, self._flushed = self._flushed, self._state
        self._pretend(faked, before)

    def _read_edited(self) -> None:
        """Take what a file has done to a model's ``_meta`` for what it does to the table, past this migrator."""
        for table, model in list(self.orm.edited_by_hand()):
            if self._state.tables.get(table.key) != table:
                continue
            columns = self.orm.given(table.key)
            with self.fake():
                for name, field in model._meta.columns.items():
                    if name not in columns:
                        self._add(AddColumn(table=table.key, column=read_column(field, self._dialect)))
                self._add(*(DropColumn(table=table.key, column=c) for c in columns - set(model._meta.columns)))
            self.orm.take(self._state[table.key], model)

    def _table(self, model: str | Model, without: Collection[str] = ()) -> Table:
        if isinstance(model, str):
            meant = self.orm.meant(model)
            if meant is None:
                return self.orm.find(model)
            model = meant
        meta = model._meta
        key = key_of(meta.schema, str(meta.table_name))
        if key not in self.state:
            self._assume(model, without)
        return self._state[key]

    def _assume(self, model: Model, without: Collection[str]) -> None:
        """A class of the application whose table no migration has made: the application has made it by itself.

        The class is as it is today, so it may have already what later migrations add.
        """
        table = replace(read_model(model, self._dialect), assumed=True)
        for column in table.columns:
            if column.field_name in without:
                table = table.without_column(column.name)
        self.assumed.append(table.key)
        with self.fake():
            self._add(CreateTable(table=table))

    def _result(self, key: str) -> Any:
        """What stock returns, the model, made only if somebody looks: most files do not."""
        return self.orm.handed_out(key)

    def run(self, function: Callable[..., Any] | None = None, *args: Any, **kwargs: Any) -> Any:
        """Call a function in its place; without one, run what is queued now. Also a decorator."""
        if function is None:
            return self.flush()
        if not callable(function):
            raise MigrationFileError(f"migrator.run() was given {function!r}, which cannot be called")
        state = self.state
        name = getattr(function, "__name__", type(function).__name__)
        asks = self._asks(getattr(function, "__code__", None), args)
        self._add(RunCode(name=name, function=lambda: self._at(state, function, args, kwargs), schema=asks))
        return function

    def _asks(self, code: object, args: tuple[Any, ...]) -> bool:
        """Whether a function changes the schema, by its own words: it asks this ``migrator``, or has SQL that does."""
        if not isinstance(code, CodeType):
            return False
        given = [name for name, value in zip(code.co_varnames, args, strict=False) if value is self]
        steps = list(dis.get_instructions(code))
        asks = any(
            first.opname.startswith("LOAD_") and first.argval in ("migrator", *given) and second.argval in _WORDS
            for first, second in pairwise(steps)
        )
        says = any(isinstance(text, str) and begins_change(text) for text in code.co_consts)
        return asks or says or any(self._asks(inner, ()) for inner in code.co_consts)

    def _at(self, state: Schema, function: Callable[..., Any], args: Any, kwargs: Any) -> None:
        """Call a function with the models as they are at its place in the file."""
        self._shown = state
        self.orm.show(state)
        try:
            _refuse_unrun(function(*args, **kwargs), function)
        finally:
            self._shown = None
            self.orm.show(self._state)
        self.flush()  # what the function has asked for comes next

    # ------------------------------------------------------------------ what its words share

    def _bind(self, table: Table, name: str, field: peewee.Field) -> Column:
        """Read a field a file gave, as if its model had it."""
        if not isinstance(field, peewee.Field):
            raise SchemaError(
                f'"{name}" of "{table.name}" is to be a field, and is {field!r}',
                hint=f"give it one: {name}=pw.IntegerField()",
            )
        model = self.orm.of_table(table) if _needs_model(field) else self._anyone.model
        field.bind(model, name, False)  # by place: fields of playhouse name it otherwise
        column = read_column(field, self._dialect)
        column = _echoing(column) if self._echoes else column
        self.orm.remember(table.key, column, field)
        return column

    def _show(self, key: str) -> None:
        if self.orm.handed_out(key) is not None:
            self.orm.update(key, self._state[key])


class Anyone:
    """The model a field is bound to while it is read, where it only matters which database it is for."""

    def __init__(self, database: peewee.Database) -> None:
        self._database = database

    @cached_property
    def model(self) -> Model:
        """A model without fields, made when it is first asked for."""
        return type("Anyone", (peewee.Model,), {"Meta": type("Meta", (), {"database": self._database})})


def _refuse_unrun(made: object, function: Callable[..., object]) -> None:
    """MigrationFileError where a call has only made a coroutine or a generator: nothing of the function has run."""
    if not isinstance(made, Coroutine | AsyncGenerator | Generator):
        return
    if isinstance(made, Coroutine):
        made.close()  # else Python warns that nobody has waited for it
    name = getattr(function, "__name__", type(function).__name__)
    raise MigrationFileError(
        f"{name}() is async or has a yield in it: a call would run nothing", hint="write it as a plain function"
    )


def _needs_model(field: peewee.Field) -> bool:
    return isinstance(field, peewee.ForeignKeyField) and field.rel_model == "self"


def _waits(model: Model) -> bool:
    return any(isinstance(field, peewee.DeferredForeignKey) for field in model._meta.sorted_fields)


def _echoing(column: Column) -> Column:
    """A column whose DEFAULT is its model's default, told so."""
    fill = column.fill
    if column.default is None or fill is None or fill.called:
        return column
    said = canonical(column.default)
    same = said in {canonical(text) for text in (str(fill.value), repr(fill.value), f"'{fill.value}'", fill.source)}
    return replace(column, echoes=same)


def _after(schema: Schema, operations: Iterable[Operation]) -> Schema:
    for operation in operations:
        schema = operation.apply(schema)
    return schema
