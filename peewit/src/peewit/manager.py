"""The front door: the two flows on one screen.

AUTHOR   models and files → what changed → a migration file.
APPLY    pending files → statements → the database.

An application calls :meth:`MigrationManager.migrate` at every start, so what it needs when nothing is
pending, one SELECT and one directory listing, is all that is imported with this module.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import peewee

from peewit.errors import (
    ConfigError,
    OutOfDateError,
    PeewitError,
    UnknownTargetError,
    after_others,
)
from peewit.folder import Folder, back_to, nothing_to_undo, up_to
from peewit.ledger import Ledger
from peewit.outcome import Report, Step
from peewit.run.database.target import Target, database_of, migratable
from peewit.run.records.history import DEFAULT_TABLE
from peewit.sparing import spared

if TYPE_CHECKING:
    from peewit.authoring import Authoring
    from peewit.course import Course
    from peewit.diff.answers import Told
    from peewit.files.texts import Texts
    from peewit.read.discovery import Discovered
    from peewit.reports import Event, Findings, Plan, Status
    from peewit.run.trying.changing import Changes
    from peewit.schema import Schema

Tell = Callable[["Event"], None]


class MigrationManager:
    """The migrations of one application: its database, its files, its models."""

    def __init__(
        self,
        database: peewee.Database | peewee.Proxy | str,
        directory: str | os.PathLike[str],
        models: str | type | Sequence[str | type] = (),
        ignore: Sequence[str] = (),
        history_table: str = DEFAULT_TABLE,
        schema: str | None = None,
        lock_timeout: float = 60.0,
        backup: bool = True,
        *,
        online: bool = False,
        lock: str = "auto",
        keep_backups: int = 5,
        proof: Literal["basic", "full"] = "basic",
    ) -> None:
        """Take the settings; nothing is read or opened yet.

        ``database`` is a Peewee database, an initialised proxy of one, or a URL. ``directory`` is a path, a
        package, or ``"package:folder"``. ``models`` are dotted names of modules and packages, or classes;
        only ``create`` and ``check`` need them. ``ignore`` are class or table names. ``lock_timeout`` is in
        seconds. ``backup`` copies the file before a migration or a rollback copies or drops rows or values; the newest
        ``keep_backups`` are kept, and all of the run at work. ``proof="full"``, on SQLite: a rebuild also proves that
        every value it copied is the same, by a checksum of both tables, and that the new one is sound.
        ``online``, on PostgreSQL: new NOT NULLs, CHECKs and foreign keys hold for new rows at once, and old ones are
        looked at after the migration, under a lock that lets others read and write.
        ``lock``, on a server: ``session`` or ``lease``; ``auto`` takes a lease where a session's lock does not hold.
        """
        self.given = database_of(database)
        self.target = Target(migratable(self.given), lock_timeout, history_table, schema, lock)
        self.database = self.target.database
        self.lock_timeout = lock_timeout
        self.unproved = ""
        self.unread: tuple[str, ...] = ()
        self.by_url = isinstance(database, str)
        self.folder = Folder(directory)
        self.models = (models,) if isinstance(models, str | type) else tuple(models)
        self.ignore = tuple(ignore)
        self.history_table, self.schema = history_table, schema
        self.backup = backup
        self.online = online
        if not lock_timeout >= 0:
            raise ConfigError(f"lock_timeout has to be 0 or more seconds, not {lock_timeout}")
        if keep_backups < 1:
            raise ConfigError(f"keep_backups has to be 1 or more, not {keep_backups}", hint="backup=False makes none")
        self.keep_backups = keep_backups
        _one_of("proof", proof, ("basic", "full"))
        self.proof = proof
        self.ledger = Ledger(self.target, self.folder, history_table, schema)

    # ------------------------------------------------------------------ looking

    def status(self) -> Status:
        """Where the database stands; a database that does not exist is not created."""
        from peewit.reports import Applied, Status
        from peewit.run.records.standing import compared, told

        names = self.folder.names()
        if not self.target.exists():
            return Status(pending=tuple(names), database=self.target.name, server=self.target.server())
        with self.target.connected():
            rows = self.ledger.history.rows()
            noted = self.ledger.journal().entries() if rows else {}
            edited = self.ledger.edited(names, [name for name, _ in rows], noted)
            half = self.ledger.open_runs.told([name for name, _ in rows])
            server, migrator = self.target.server(), self.target.migrator()
            pending, missing, out_of_order = compared(names, [name for name, _ in rows])
            failed = () if migrator else self.ledger.failed(set(pending) - {run.name for run in half})
        return Status(
            applied=tuple(Applied(name, at, *told(noted.get(name))) for name, at in rows),
            pending=tuple(pending),
            missing=tuple(missing),
            edited=tuple(edited),
            out_of_order=tuple(out_of_order),
            database=self.target.name,
            interrupted=half,
            server=server,
            failed=failed,
            migrator=migrator,
        )

    def plan(self, target: str | None = None) -> Plan:
        """What :meth:`migrate` would do. Nothing is written: it is tried out on an empty copy in memory."""
        from peewit.reports import Plan
        from peewit.run.trying.plan import planned

        names = self.folder.names()
        applied = self.ledger.applied()
        done = set(applied)
        pending = [name for name in names if name not in done]
        wanted = up_to(target, pending, names)
        self.ledger.open_runs.refuse_to_plan(applied)
        there = self.target.exists()
        with self.target.connected() if there else nullcontext():
            migrations, state = [self.folder.load(n) for n in wanted], self.state(applied)
            return Plan(tuple(planned(migrations, state, self.database, there=there, online=self.online)))

    def refuse_edited(self) -> None:
        """EditedMigrationError, with the ways out, where :meth:`migrate` would refuse: an applied file was edited."""
        if self.target.exists():
            with self.target.connected():
                self.ledger.refuse_edited(self.folder.names(), self.ledger.history.names())

    @property
    def sources(self) -> tuple[str, ...]:
        """The modules, packages and classes the models are looked for in, by name."""
        return tuple(model if isinstance(model, str) else model.__name__ for model in self.models)

    def discover(self) -> Discovered:
        """The models, and the classes that were left out, each with the reason."""
        return self.authoring.discover(self._state_of_files().tables)

    def check(self) -> Findings:
        """Whether models and files, files and history, history and the live schema agree."""
        from peewit.reports import Findings
        from peewit.run.looking.check import check_database, check_files, check_models, check_numbers
        from peewit.run.sessions.choosing import dialect_of

        status = self.status()
        applied = [entry.name for entry in status.applied]
        state = self._state_of_files()
        with self.target.connected() if status.applied else nullcontext():
            found = check_files(status, self.folder.path, lambda n: self.ledger.way_back(n, applied, status.edited))
        if self.models:
            models = self.authoring.discover(state.tables).models
            found += check_models(self.authoring.not_ignored(state), models, dialect_of(self.database), status.missing)
        if self.target.exists():
            with self.target.connected():
                there = self.state(applied, status.edited)
                found += check_database(there, self.database, *self.ledger.looked_at(applied, there))
        return Findings((*found, *check_numbers(self.folder.names(), applied)), models=bool(self.models))

    # ------------------------------------------------------------------ authoring

    def create(
        self,
        name: str,
        *,
        renames: Mapping[str, str] | None = None,
        fill: Mapping[str, str] | None = None,
        empty: bool = False,
    ) -> Path | None:
        """Write the migration that follows the models; None when nothing changed.

        ``renames`` maps ``table.field`` to a new field, or a table to a new table; a mapping is the whole
        answer, None leaves a doubt to AmbiguousRenameError. ``fill`` maps ``table.field`` to a Python
        expression for rows that exist. ``empty`` writes a file to be filled by hand. Where the database is on
        a server that could not be asked, ``unproved`` says why afterwards; ``unread`` is what in older files could
        not be taken into account.
        """
        from peewit.diff import Answers

        answers = Answers(renames=renames, fill=fill or {})
        with spared():
            path, self.unread, self.unproved = self.authoring.create(name, answers, empty=empty)
        return path

    def changes(
        self, *, renames: Mapping[str, str] | None = None, fill: Mapping[str, str] | None = None, told: Told = "all"
    ) -> Changes:
        """What the models have and the files have not: what :meth:`create` would write with these answers.

        ``told`` says what ``renames`` is the whole answer for: ``"all"``, ``"tables"`` alone, or ``"nothing"``; any
        other doubt is raised all the same.
        """
        from peewit.diff import Answers

        found = self.authoring.changes(Answers(renames=renames, fill=fill or {}, told=told))
        self.unread = self.ledger.unread
        return found

    @property
    def authoring(self) -> Authoring:
        """The models beside the migrations."""
        from peewit.authoring import Authoring

        return Authoring(self.target, self.ledger, self.models, self.ignore, self.by_url)

    # ------------------------------------------------------------------ applying

    def migrate(
        self, target: str | None = None, *, fake: bool = False, verify: bool = True, tell: Tell | None = None
    ) -> Report:
        """Apply what is pending, up to and including ``target``: a name, its beginning, or ``"+2"``.

        ``fake`` only writes the history: DriftError where the database is not what the migrations say, unless
        that is not to be ``verify``-ed. ``tell`` is called with each :data:`~peewit.reports.Event` of the run; an
        exception it raises stops the run. Where there is no folder, and nothing was ever applied, that is a warning to
        the logger ``peewit``, once.
        """
        if target is None and self._nothing_pending():
            return Report()
        if target is not None:
            up_to(target, [], [*self.folder.names(), *self.ledger.open_runs.names(target)])
        with spared(), self.target.connected(), self.target.locked(tell):
            names = self.folder.names()
            if not names:
                self._warn_of_absent()
            return self._mark(names, target, verify=verify) if fake else self._migrate(names, target, tell)

    def _nothing_pending(self) -> bool:
        """The question of every start: one SELECT and one directory listing."""
        applied, half = self.ledger.at_start()
        if half or not self.target.exists():
            return False
        listed = self.folder.listed(applied)
        if not listed:
            self._warn_of_absent()
        return listed <= frozenset(applied)

    def _warn_of_absent(self) -> None:
        """Where not even the folder is there, it may be the wrong one."""
        if not self.folder.is_there():
            from peewit.run.applying.at_start import tell_absent

            tell_absent(self.folder.path, self.target.name)

    def ensure_current(
        self,
        *,
        on_pending: Literal["migrate", "fail"] = "migrate",
        on_newer: Literal["run", "fail"] = "run",
        tell: Tell | None = None,
    ) -> Report:
        """What an application calls at every start, in any number of processes at once.

        Applies what is pending, or raises OutOfDateError for it. Where the database has migrations of which there is
        no file, because a newer version of the application has used it, they are named in a warning to the logger
        ``peewit``, once, and in the report's ``newer``; or NewerDatabaseError is raised. Where there is no folder, and
        nothing was ever applied, that is a warning as well. With nothing to do it costs one SELECT and one listing of
        the folder.
        """
        _one_of("on_pending", on_pending, ("migrate", "fail"))
        _one_of("on_newer", on_newer, ("run", "fail"))
        applied, half = self.ledger.at_start()
        listed = self.folder.listed(applied)
        newer = tuple(name for name in applied if name not in listed)
        pending = listed - set(applied)
        if newer:
            from peewit.run.applying.at_start import tell_newer

            tell_newer(newer, self.target.name, fail=on_newer == "fail")
        if not listed:
            self._warn_of_absent()
        if pending and on_pending == "fail":
            from peewit.files.names import order

            names = tuple(sorted(pending, key=order))
            raise OutOfDateError(
                f"the database {self.target.name} is not up to date: {', '.join(names)} pending",
                pending=names,
                hint="apply it: peewit migrate",
            )
        report = self.migrate(tell=tell) if pending or half else Report()
        return report._replace(newer=newer)

    def _migrate(self, names: list[str], target: str | None, tell: Tell | None) -> Report:
        self.ledger.open_runs.withdraw_unbegun()
        applied = self.ledger.history.names()
        wanted = self.to_apply(names, applied, target)
        if not wanted:
            return Report()
        there = self.ledger.refuse_edited(names, applied)
        return self._course(tell).forward(wanted, applied, there)

    def to_apply(self, names: list[str], applied: list[str], target: str | None, *, fake: bool = False) -> list[str]:
        """What :meth:`migrate` applies, in this order; what is half done comes first."""
        open_runs, done = self.ledger.open_runs, set(applied)
        half = open_runs.names(target)
        wanted = up_to(target, [name for name in [*names, *half] if name not in done], [*names, *half])
        return open_runs.before_applying(applied, wanted, names, target, fake=fake)

    def _mark(self, names: list[str], target: str | None, *, verify: bool) -> Report:
        """Write the history rows of what the database has already."""
        from peewit.course import refuse_unlike

        applied = self.ledger.history.names()
        wanted = self.to_apply(names, applied, target, fake=True)
        if verify and wanted:
            refuse_unlike(self.ledger, applied, wanted)
        return self._course().mark(wanted)

    def rollback(
        self, target: str | None = None, *, count: int | None = None, fake: bool = False, tell: Tell | None = None
    ) -> Report:
        """Undo the last ``count`` migrations (one, if nothing is said), or those after ``target``; ``"zero"``: all.

        ``tell`` as for :meth:`migrate`: before something is destroyed, it hears how much.
        """
        self.refuse_to_roll_back(target, count)
        with self.target.connected(), self.target.locked(tell):
            applied = self.ledger.history.names()
            wanted, course = self.to_undo(applied, target, count, fake=fake), self._course(tell)
            return (course.forget if fake else course.back)(wanted, applied)

    def to_undo(self, applied: list[str], target: str | None, count: int | None, *, fake: bool = False) -> list[str]:
        """What :meth:`rollback` undoes, newest first; what is half undone comes first."""
        asked = target is not None or count is not None
        names = self.folder.names() if target is not None else ()
        wanted = back_to(target, 1 if count is None else count, applied, names) if asked else applied[-1:]
        counted = count is not None and count > 1
        wanted = self.ledger.open_runs.before_undoing(applied, wanted, asked=asked, counted=counted, fake=fake)
        if not (wanted or asked):
            raise nothing_to_undo()
        return wanted

    def refuse_to_roll_back(self, target: str | None = None, count: int | None = None) -> None:
        """ConfigError where no rollback is possible, whatever was applied."""
        if target is not None and count is not None:
            raise ConfigError("rollback takes a target or a count, not both")
        if not self.target.exists():
            raise UnknownTargetError("there is nothing to roll back: the database does not exist", state="")

    def redo(self, *, tell: Tell | None = None) -> Report:
        """Roll the newest migration back, as it was applied, and apply its file as it is now: replayed first."""
        self.refuse_to_roll_back()
        with self.target.connected(), self.target.locked(tell):
            applied = self.ledger.history.names()
            (name,) = back_to(None, 1, applied)
            self.ledger.refuse_to_redo(name, applied, self.folder.names())
            undone = self._course(tell).back([name], applied)
            try:
                done = self._course(tell, undone.steps).forward([name], applied[:-1])
            except PeewitError as error:
                raise after_others(error, rolled_back=[name]) from error.__cause__
        return Report(done.applied, undone.rolled_back, (*undone.steps, *done.steps))

    def accept(self, name: str) -> str:
        """Take an applied file's new text as the one that was applied; gives its full name.

        A file that is as it was applied has nothing to take, and nothing is written.

        EditedMigrationError where the database is not what the new text says: accepting it would hide that.
        """
        with self.target.connected(), self.target.locked():
            applied = self.ledger.history.names()
            full, source = self.ledger.to_accept(name, applied)
            if self.ledger.is_as_applied(full, source):
                return full
            self.ledger.refuse_untrue(full, applied)
            self._course().accept(full, source)
        return full

    # ------------------------------------------------------------------ beneath

    def _course(self, tell: Tell | None = None, earlier: Sequence[Step] = ()) -> Course:
        """What runs migrations; ``earlier`` are the steps of the same run before it, whose copies stay."""
        from peewit.course import Course
        from peewit.run.applying.apply import Runner
        from peewit.run.sessions.choosing import session_on

        path = self.target.path
        session = session_on(self.database, self.lock_timeout, online=self.online, path=path, proof=self.proof)
        session.holding = self.target.holding or session.holding
        backup, made = None, [step.backup for step in earlier if step.backup is not None]
        if self.backup and path is not None:
            from peewit.run.sessions.backup import Backup

            backup = Backup(database=self.database, path=os.path.realpath(path), keep=self.keep_backups)
        journal = self.ledger.journal()
        runner = Runner(session, self.ledger.history, journal, self.database, backup, tell, made)
        return Course(runner, self.ledger, lambda: self.authoring)

    def state(self, names: Sequence[str], edited: Collection[str] = (), there: Texts | None = None) -> Schema:
        """The schema these migrations lead to, by replay; of those ``edited`` since, the text that was applied.

        ``there`` is what their files say, where that was read already.
        """
        state = self.ledger.state(names, edited, there)
        self.unread = self.ledger.unread
        return state

    def _state_of_files(self) -> Schema:
        state = self.ledger.state_of_files()
        self.unread = self.ledger.unread
        return state


def _one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ConfigError(f"{name} has to be {' or '.join(map(repr, known))}, not {value!r}")
