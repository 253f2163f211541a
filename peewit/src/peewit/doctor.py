"""What is the matter with a database, and what mends it: every question is asked, nothing is written.

A question that cannot be answered says so, and the next one is asked. Nothing is waited for, so that it can be
asked while a migration hangs; what would change under the eyes of a migration that runs is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import peewee

from peewit.errors import ConfigError
from peewit.files.trouble import UNREADABLE, trouble
from peewit.manager import MigrationManager
from peewit.reports import Diagnosis, Interrupted, Repair, Status, Symptom
from peewit.run.applying.advice import getting_back
from peewit.run.applying.interrupted import half_done
from peewit.run.database.diverting import afresh, diverted, state_of
from peewit.run.database.lease import held_lease
from peewit.run.database.privileges import lacking, may_read
from peewit.run.database.read_only import ReadOnly
from peewit.run.database.server_lock import GONE
from peewit.run.looking import doctor_mysql, doctor_postgres
from peewit.run.looking.asking import NOTE, OK, PROBLEM, WARNING, Question, answers
from peewit.run.looking.check import check_database, check_models, check_names, check_numbers, reasons, unlike
from peewit.run.looking.doctor_sqlite import File
from peewit.run.looking.mending import Mending, mending
from peewit.run.looking.unfinished import interrupted
from peewit.run.records.history import History
from peewit.run.records.journal import Journal
from peewit.run.records.run_log import RunLog
from peewit.run.records.who import is_gone
from peewit.run.replaying.replay import operations_of
from peewit.run.sessions.choosing import dialect_of


def diagnose(manager: MigrationManager, *, full: bool = False) -> Diagnosis:
    """Everything that can be found out about a database; ConfigError where it cannot be reached.

    ``full`` looks at every index of a SQLite file as well, which reads all of it twice.
    """
    if not manager.target.exists():
        found = tuple(answers([Question("database", "", lambda: _absent(manager)), _models(manager)]))
        return Diagnosis(manager.target.name, found)
    database: Any = manager.database
    if isinstance(database, peewee.SqliteDatabase):
        return Diagnosis(manager.target.name, tuple(_of_file(manager, full=full)))
    with afresh(database), manager.target.connected():
        return Diagnosis(manager.target.name, tuple(_of_server(manager)))


def _absent(manager: MigrationManager) -> Iterator[Symptom]:
    meaning = "is the path right? a relative one is of the folder it is typed in"
    next_ = (Repair("peewit migrate", "to make it"),) if manager.folder.names() else ()
    yield Symptom(WARNING, "database", f"there is no database {manager.target.name} yet", meaning, next_)


# ---------------------------------------------------------------------- one kind of database


def _of_file(manager: MigrationManager, *, full: bool) -> Iterator[Symptom]:
    database: Any = manager.database
    path = manager.target.path
    with _reading(manager) as reader:
        file = File(path=path, database=reader, application=database, full=full, by_url=manager.by_url)
        held = list(answers([Question("lock", "nobody migrates", file.lock)]))
        yield from held
        if not _at_work(held):
            yield from answers([Question("lock", "", file.writer)])
        closed = file.unreadable()
        if closed is not None:
            yield closed
        elif _at_work(held):
            yield _changing()
        else:
            with diverted(database, state_of(reader)) if reader is not database else nullcontext():
                yield from answers([file.whole(), *_everywhere(manager), *file.questions()])
        yield from answers(file.surroundings())


@contextmanager
def _reading(manager: MigrationManager) -> Iterator[Any]:
    """A connection to the file that can only read; for a database in memory the application's own."""
    database: Any = manager.database
    path = manager.target.path
    if path is None:
        with manager.target.connected():
            yield database
        return
    try:
        reader = ReadOnly(path, database)
        reader.connect()
    except (peewee.OperationalError, OSError) as error:
        raise ConfigError(
            f"the database {manager.target.name} cannot be opened for reading: {error}",
            hint="may this user read the file and its folder?",
        ) from error
    try:
        yield reader
    finally:
        reader.close()


def _of_server(manager: MigrationManager) -> Iterator[Symptom]:
    database: Any = manager.database
    kind = doctor_postgres if isinstance(database, peewee.PostgresqlDatabase) else doctor_mysql
    look = doctor_postgres.Postgres if kind is doctor_postgres else doctor_mysql.Mysql
    tables = [manager.history_table, f"{manager.history_table}_journal"]
    with ExitStack() as stack:
        refused = list(kind.refuses_writes(database))
        stack.enter_context(kind.gently(database))
        yield from refused
        server = look(database=database, lock_name=manager.target.lock_name, tables=tables)
        held = list(answers([Question("lock", "nobody migrates", lambda: _held(manager, server.lock()))]))
        yield from held
        hidden = list(answers([Question("privileges", "", lambda: _hidden(manager))]))
        yield from hidden
        if not hidden:
            yield from answers([Question("files", "", lambda: _tables_into(manager, tables))])
        if hidden:
            yield from answers([*server.at_rest(), *server.always()])
        elif _at_work(held):
            yield _changing()
            yield from answers(server.always())
        else:
            changed = server.changed_since if isinstance(server, doctor_mysql.Mysql) else _nothing_known
            yield from answers([*_everywhere(manager, changed), *server.at_rest(), *server.always()])


def _held(manager: MigrationManager, lock: Iterator[Symptom]) -> Iterator[Symptom]:
    """Who has the lock of the session, or the lease."""
    for symptom in lock:
        gone = f"{GONE}\n" if is_gone(manager.target.migrator()) else ""
        yield symptom._replace(meaning=f"{gone}{symptom.meaning}")
    yield from _lease(manager)


def _lease(manager: MigrationManager) -> Iterator[Symptom]:
    """Who has the lease, where a session's lock does not hold."""
    held = held_lease(manager.database, manager.history_table, manager.schema)
    if held is not None:
        holder, until = held
        yield Symptom(
            WARNING,
            "lock",
            f"a migration is running: {holder}",
            f"others wait for its lease; if its process is gone, the next one takes over after {until} UTC",
            (Repair("peewit doctor", "again, when it is done"),),
        )


def _hidden(manager: MigrationManager) -> Iterator[Symptom]:
    """That this user may not read what was applied, so that most questions have no answer."""
    own = _history_of(manager), _journal_of(manager)
    if all(map(may_read, own)):
        return
    lacks = lacking(manager.database, [], *own)
    yield Symptom(
        PROBLEM,
        "privileges",
        "; ".join(lack.message for lack in lacks) or "this user may not read the history",
        "files, history, tables and models were not looked at: what was applied may not be read",
        tuple(Repair(lack.grant, "" if place else "as a user who may") for place, lack in enumerate(lacks)),
    )


def _tables_into(manager: MigrationManager, tables: list[str]) -> list[Symptom]:
    """The tables that were migrated, by name: what is pending is not replayed for that."""
    tables += [table.name for table in manager.state(_history_of(manager).names())]
    return []


def _at_work(held: list[Symptom]) -> bool:
    return any(symptom.severity == WARNING for symptom in held)


def _changing() -> Symptom:
    message = "history, tables and rows were not looked at: the migration that runs is changing them"
    return Symptom(NOTE, "lock", message)


# ---------------------------------------------------------------------- every kind of database


def _nothing_known(_: RunLog) -> Sequence[str]:
    """Of a run nothing is written down by which it shows whether its tables were changed since."""
    return ()


def _everywhere(
    manager: MigrationManager, changed: Callable[[RunLog], Sequence[str]] = _nothing_known
) -> list[Question]:
    return [
        Question("interrupted", "no migration was interrupted", lambda: _interrupted(manager, changed)),
        Question("files", "every file is applied, and as it was applied", lambda: _files(manager)),
        Question("history", "journal and history agree", lambda: _journal(manager)),
        Question("tables", "", lambda: _tables(manager)),
        _models(manager),
        Question("privileges", "", lambda: _privileges(manager)),
    ]


def _fine_tables(manager: MigrationManager, half: Sequence[Interrupted]) -> str:
    if half:
        names = ", ".join(run.name for run in half)
        return f"the tables that {names} does not change are what the migrations say"
    if isinstance(manager.database, peewee.MySQLDatabase):
        return (
            "tables and columns are there; types and rules are compared by peewit check, which makes databases for it"
        )
    return "the tables are what the migrations say"


def _models(manager: MigrationManager) -> Question:
    fine = "the models are what the migrations say" if manager.models else "no models are configured to compare"
    return Question("models", fine, lambda: _unmigrated(manager))


def _interrupted(manager: MigrationManager, changed: Callable[[RunLog], Sequence[str]]) -> Iterator[Symptom]:
    for log in half_done(_journal_of(manager), _history_of(manager).names()):
        there = manager.folder.has(log.name)
        yield interrupted(log, manager.folder.read(log.name) if there else None, changed(log))


def _files(manager: MigrationManager) -> Iterator[Symptom]:
    """What history and files say of one another."""
    status = manager.status()
    applied = [entry.name for entry in status.applied]
    for name in status.missing:
        path = manager.folder.file(name)
        yield Symptom(
            WARNING,
            "files",
            f"{name} was applied and its file is gone",
            "the journal keeps its text for a rollback, but other copies of the database cannot be brought up with it",
            (
                Repair(getting_back(path), "to get it back"),
                *_undoing(manager, name, applied, status, "or to undo it, with the values it added"),
            ),
        )
    for name in status.edited:
        yield Symptom(
            WARNING,
            "files",
            f"{name} was edited after it was applied",
            "migrate refuses while that is so and something is pending; to keep what was applied, put its text back",
            (
                Repair(f"peewit accept {name}", "if the database is what the new text says"),
                *_undoing(manager, name, applied, status, "to undo what was applied, then peewit migrate"),
            ),
        )
    yield from _pending(manager, status)
    for finding in check_numbers(manager.folder.names(), applied):
        yield Symptom(NOTE, finding.kind, finding.message, finding.hint)


def _undoing(
    manager: MigrationManager, name: str, applied: Sequence[str], status: Status, when: str
) -> Iterator[Repair]:
    """The rollback of an applied migration, where it is possible."""
    back = manager.ledger.way_back(name, applied, status.edited)
    if back.command:
        yield Repair(back.command, f"{when}; {back.undoes_too}" if back.too else when)


def _pending(manager: MigrationManager, status: Status) -> Iterator[Symptom]:
    late = [name for name in status.pending if name in status.out_of_order]
    if late:
        names = ", ".join(late)
        message = f"{names} {'is' if len(late) == 1 else 'are'} older than a migration that is applied"
        yield Symptom(NOTE, "files", message, "such files run in their order, after what is applied")
    for run in status.failed:
        message = f"{run.name} {run.how}"
        again = Repair("peewit migrate", "when the cause is mended")
        yield Symptom(WARNING, "files", message, f"it failed with: {run.why}", (again,))
    told = {run.name for run in status.interrupted} | {run.name for run in status.failed}
    for name in status.pending:
        wrong = trouble(name, manager.folder.read(name)) if manager.folder.has(name) else ""
        if wrong.startswith(UNREADABLE):
            told.add(name)
            yield Symptom(WARNING, "files", f"{name} {wrong}", f"correct it: {manager.folder.file(name)}")
    pending = [name for name in status.pending if name not in told]
    if pending:
        count = len(pending)
        message = f"{count} migration{' is' if count == 1 else 's are'} not applied: {', '.join(pending)}"
        yield Symptom(
            WARNING, "files", message, "", (Repair("peewit migrate"), Repair("peewit plan", "to see what it does"))
        )


def _journal(manager: MigrationManager) -> Iterator[Symptom]:
    """Where the journal says that something is applied and the history does not; the history counts."""
    rows = _history_of(manager).select("id, name")
    applied = list(dict.fromkeys(name for _, name in rows))
    entries = _journal_of(manager).entries()
    for name in (n for n in entries if n not in applied):
        yield _unlisted(manager, name, entries[name], applied)
    for name in applied:
        numbers = [number for number, other in rows if other == name]
        if len(numbers) > 1:
            more = ", ".join(str(number) for number in numbers[1:])
            yield Symptom(
                NOTE,
                "history",
                f"{name} is in the history {len(numbers)} times, and counts once",
                "another tool wrote it",
                (Repair(f"DELETE FROM {_history_of(manager).path} WHERE id IN ({more});", "to have it there once"),),
            )


def _unlisted(manager: MigrationManager, name: str, entry: Any, applied: list[str]) -> Symptom:
    message = (
        f"the history has no row of {name}, and the journal says that {entry.who} applied it at {entry.at[:19]} UTC"
    )
    if not manager.folder.has(name):
        meaning = "its file is gone too: it counts as not applied; get the file back, and ask again"
        return Symptom(WARNING, "history", message, meaning)
    there = not _difference(manager, applied, name)
    meaning = "the database still has it: its row was removed" if there else "it was rolled back by another tool"
    repair = Repair(f"peewit migrate {name} --fake") if there else Repair("peewit migrate", "to apply it again")
    return Symptom(WARNING, "history", message, meaning, (repair,))


def _difference(manager: MigrationManager, applied: list[str], name: str) -> list[str]:
    """How the live tables differ from what one more migration would lead to."""
    before, after = manager.state(applied), manager.state([*applied, name])
    if isinstance(manager.database, peewee.MySQLDatabase):
        return [finding.message for finding in check_names(after, manager.database)]
    with _tried_out(manager):
        return unlike(before, after, manager.database)


def _tables(manager: MigrationManager) -> Iterator[Symptom]:
    """Where the live schema is not what the applied migrations say."""
    status = manager.status()
    applied = [entry.name for entry in status.applied]
    state = manager.state(applied, status.edited)
    only, why = manager.ledger.looked_at(applied, state)
    if isinstance(manager.database, peewee.MySQLDatabase):
        # To compare all of it, databases would have to be made.
        found = check_names(state, manager.database, only, why)
        back = mending(state, manager.database, only)
    else:
        with _tried_out(manager):
            found = check_database(state, manager.database, only, why)
            back = mending(state, manager.database, only)
    yield from (Symptom(WARNING, "tables", f.message, f.hint) for f in found if f.kind != "database")
    lines = [finding.message for finding in found if finding.kind == "database"]
    if lines:
        message = "\n".join(["the tables are not what the migrations say:", *lines])
        yield Symptom(PROBLEM, "tables", message, "\n".join(reasons(found)), tuple(_ways(back)))
    elif not found:
        yield Symptom(OK, "tables", _fine_tables(manager, status.interrupted))


def _ways(back: Mending) -> Iterator[Repair]:
    """To keep a difference, or to undo it: what that destroys is said."""
    yield Repair("peewit create NAME", "to keep it: put it into the models too, then this, and peewit migrate --fake")
    gone = f"; this destroys {back.values:,} value{'' if back.values == 1 else 's'}" if back.values else ""
    for place, text in enumerate(back.sql):
        yield Repair(text, "" if place else f"to undo it{gone}")


def _tried_out(manager: MigrationManager) -> Any:
    """PostgreSQL tells how it would write a table from one it has made, in a transaction that is rolled back."""
    if isinstance(manager.database, peewee.PostgresqlDatabase):
        return doctor_postgres.tried_out(manager.database)
    return nullcontext()


def _unmigrated(manager: MigrationManager) -> Iterator[Symptom]:
    """What the models have and no file has."""
    if not manager.models:
        return
    state = manager.state(manager.folder.names())
    gone = manager.status().missing
    ours = manager.authoring.not_ignored(state)
    found = check_models(ours, manager.discover().models, dialect_of(manager.database), gone)
    if found:
        changes = "\n".join(finding.message.removeprefix("not in a migration yet: ") for finding in found)
        if manager.folder.names():
            message = "the models have changed, and no migration says so"
            then = Repair("peewit create NAME", "to write one; NAME says what changes, as in add_email")
        else:
            message = "there are no migrations yet for what the models have"
            then = Repair("peewit create initial", "to write the first one, which peewit migrate applies")
        yield Symptom(WARNING, "models", f"{message}:\n{changes}", "", (then,))


def _privileges(manager: MigrationManager) -> Iterator[Symptom]:
    """What this user lacks for the migrations that are pending."""
    if isinstance(manager.database, peewee.SqliteDatabase):
        return  # who may do what is a matter of the file
    status = manager.status()
    if not status.pending:
        return
    migrations = [manager.folder.load(name) for name in status.pending]
    operations = operations_of(migrations, manager.state([entry.name for entry in status.applied]), manager.database)
    for lack in lacking(manager.database, operations, _history_of(manager), _journal_of(manager)):
        yield Symptom(
            PROBLEM,
            "privileges",
            lack.message,
            f"{', '.join(status.pending)} will be refused",
            (Repair(lack.grant, "as a user who may"),),
        )


def _history_of(manager: MigrationManager) -> History:
    return History(manager.database, manager.history_table, manager.schema)


def _journal_of(manager: MigrationManager) -> Journal:
    return Journal(manager.database, manager.history_table, manager.schema)
