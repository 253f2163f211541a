"""Laws of the pure core: no database is opened but the one Peewee itself fills to be compared with."""

from __future__ import annotations

import linecache
from collections.abc import Sequence

import peewee as pw
from hypothesis import assume

from peewit.dialects import SQLITE
from peewit.diff import Answers, diff
from peewit.errors import IrreversibleError
from peewit.files.loader import call, load
from peewit.files.migrator import Recorder
from peewit.files.writer import write
from peewit.models import read_models
from peewit.operations import AlterColumn, FillNulls, Operation
from peewit.operations.reduce import renames_first
from peewit.operations.renames import renames_in_front
from peewit.operations.replay import replay, reverse
from peewit.schema import Schema

from .evolutions import Evolution, evolutions
from .live import made_by_peewee
from .sharing import run_shard, sharded
from .specs import Spec, make_models
from .strategies import model_sets


def canonical(schema: Schema) -> dict[str, object]:
    """A schema in the form in which two descriptions of it are equal, by names in lower case."""
    return {key.lower(): table for key, table in SQLITE.canonical_schema(schema).tables.items()}


def schemas_of(evolution: Evolution) -> tuple[Schema, Schema]:
    """The two schemas of an evolution Peewee itself could create."""
    before, after = make_models(evolution.before), make_models(evolution.after)
    assume(made_by_peewee(before) is not None and made_by_peewee(after) is not None)
    return loaded(read_models(before)), read_models(after)


def loaded(schema: Schema) -> Schema:
    """A schema as the migration that creates it leaves it: what comes before a change is read from files."""
    text = write("000_law", diff(Schema(), schema, SQLITE), [], Schema())
    # As if the file stood on disk: where the functions in it are read again.
    linecache.cache["001_law.py"] = (len(text), None, text.splitlines(keepends=True), "001_law.py")
    return recorded(text, Schema()).state


def operations_of(evolution: Evolution, before: Schema, after: Schema) -> list[Operation]:
    """What leads from one to the other, with the answers."""
    return diff(before, after, SQLITE, Answers(renames=evolution.renames, fill=evolution.fill))


def recorded(text: str, before: Schema, which: str = "migrate") -> Recorder:
    """What a migration's text asks for, on the schema before it."""
    database = pw.SqliteDatabase(None)
    recorder = Recorder(database, before, lambda _, __: None)
    migration = load("001_law", text.encode(), "001_law.py")
    call(migration.migrate if which == "migrate" else migration.rollback, recorder, database, fake=True)
    recorder.flush()
    return recorder


def law_a_model_set_does_not_differ_from_itself(spec: Spec) -> None:
    """diff(a, a) is empty, also where the classes were made twice."""
    assert diff(read_models(make_models(spec)), read_models(make_models(spec)), SQLITE) == []


def effects(schema: Schema, operations: Sequence[Operation]) -> set[str]:
    """What the operations do, without those that change nothing; a change of a column by its name alone.

    Foreign keys follow the type of what they refer to, so they are changed at other places of a file.
    """
    told = set()
    for operation in operations:
        after = operation.apply(schema)
        if isinstance(operation, AlterColumn):
            if after != schema and operation.after.foreign_key is None:
                told.add(f"alter {operation.table}.{operation.after.name}")
        elif after != schema or isinstance(operation, FillNulls):
            told.add(f"{type(operation).__name__}: {operation.describe()}")
        schema = after
    return told


@sharded
def test_a_model_set_does_not_differ_from_itself(shard: int) -> None:
    """diff(a, a) is empty, also where the classes were made twice."""
    run_shard(shard, law_a_model_set_does_not_differ_from_itself, model_sets())


def law_applying_a_difference_gives_the_other_side(evolution: Evolution) -> None:
    """Applying diff(a, b) to a gives b, and there is nothing left to do."""
    before, after = schemas_of(evolution)
    reached = replay(before, operations_of(evolution, before, after))
    assert canonical(after) == canonical(reached)
    assert diff(reached, after, SQLITE, Answers(renames={})) == []


@sharded
def test_applying_a_difference_gives_the_other_side(shard: int) -> None:
    """Applying diff(a, b) to a gives b, and there is nothing left to do."""
    run_shard(shard, law_applying_a_difference_gives_the_other_side, evolutions())


def law_reverse_undoes_apply(evolution: Evolution) -> None:
    """The reverse of diff(a, b) leads from b back to a."""
    before, after = schemas_of(evolution)
    operations = operations_of(evolution, before, after)
    back = _reversed(before, operations)
    assert canonical(before) == canonical(replay(replay(before, operations), back))


@sharded
def test_reverse_undoes_apply(shard: int) -> None:
    """The reverse of diff(a, b) leads from b back to a."""
    run_shard(shard, law_reverse_undoes_apply, evolutions())


def _reversed(before: Schema, operations: Sequence[Operation]) -> list[Operation]:
    try:
        return reverse(before, operations)
    except IrreversibleError:
        assume(False)
        raise


def law_bringing_renames_forward_keeps_the_meaning(evolution: Evolution) -> None:
    """renames_first and renames_in_front order operations anew, and they lead to the same schema."""
    before, after = schemas_of(evolution)
    operations = operations_of(evolution, before, after)
    for there, steps in ((before, operations), (after, _reversed(before, operations))):
        assert canonical(replay(there, steps)) == canonical(replay(there, renames_first(steps)))
        front = renames_in_front(steps)
        apart = [*front.tables, *front.columns, *front.rest]
        assert canonical(replay(there, steps)) == canonical(replay(there, apart))


@sharded
def test_bringing_renames_forward_keeps_the_meaning(shard: int) -> None:
    """renames_first orders operations anew, and they lead to the same schema."""
    run_shard(shard, law_bringing_renames_forward_keeps_the_meaning, evolutions())


def law_a_written_file_says_what_was_asked(evolution: Evolution) -> None:
    """Loading a written file gives the operations it was written from, both ways, and the fields' names."""
    before, after = schemas_of(evolution)
    operations = operations_of(evolution, before, after)
    back = _reversed(before, operations)
    text = write("001_law", operations, back, before)
    reached = replay(before, operations)
    forward = recorded(text, before)
    backward = recorded(text, forward.state, "rollback")
    assert canonical(reached) == canonical(forward.state)
    assert canonical(before) == canonical(backward.state)
    assert diff(forward.state, after, SQLITE, Answers(renames={})) == []
    assert effects(before, operations) == effects(before, forward.recorded)
    assert effects(reached, back) == effects(reached, backward.recorded)


@sharded
def test_a_written_file_says_what_was_asked(shard: int) -> None:
    """Loading a written file gives the operations it was written from, both ways, and the fields' names."""
    run_shard(shard, law_a_written_file_says_what_was_asked, evolutions())


def law_replayed_models_are_the_models(evolution: Evolution) -> None:
    """The models a replayed file shows make, with Peewee's own create_tables(), the tables of the real ones."""
    before, after = schemas_of(evolution)
    operations = operations_of(evolution, before, after)
    text = write("001_law", operations, [], before)
    reached = recorded(text, before).state
    shown = list(Recorder(pw.SqliteDatabase(None), reached, lambda _, __: None).orm)
    assert made_by_peewee(make_models(evolution.after)) == made_by_peewee(shown)


@sharded
def test_replayed_models_are_the_models(shard: int) -> None:
    """The models a replayed file shows make, with Peewee's own create_tables(), the tables of the real ones."""
    run_shard(shard, law_replayed_models_are_the_models, evolutions())
