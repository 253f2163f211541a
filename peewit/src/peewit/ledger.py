"""What was applied and what the files say of it: the history, the journal and the folder, read together.

The history says which migrations were applied, the folder what they say now, the journal what they said then.
Part of every application's start, so what only some need is imported where it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import peewee

from peewit.errors import EditedMigrationError, MigrationFileError, PeewitError, UnknownTargetError, quoted
from peewit.folder import Folder, resolve
from peewit.run.database.target import Target
from peewit.run.records.history import History

if TYPE_CHECKING:
    from peewit.diff import Answers
    from peewit.files.loader import Migration
    from peewit.files.texts import Texts
    from peewit.open_runs import OpenRuns
    from peewit.reports import Failed
    from peewit.run.records.journal import Entry, Journal
    from peewit.run.replaying.beginning import Beginning
    from peewit.run.replaying.texts import Replayed
    from peewit.run.replaying.way_back import WayBack
    from peewit.schema import Schema


class Ledger:
    """The migrations of one database: those that were applied, and those that have a file.

    ``unread`` is what of the files could not be taken into account when a schema was asked for last.
    """

    def __init__(self, target: Target, folder: Folder, history_table: str, schema: str | None) -> None:
        self.database: peewee.Database = target.database
        self.history = History(target.database, history_table, schema)
        self.folder = folder
        self.unread: tuple[str, ...] = ()
        self._target = target
        self._place = target.database, history_table, schema

    def journal(self) -> Journal:
        """The journal beside the history."""
        from peewit.run.records.journal import Journal

        return Journal(*self._place)

    @property
    def open_runs(self) -> OpenRuns:
        """The runs that were begun and have not ended."""
        from peewit.open_runs import OpenRuns

        return OpenRuns(self._target, self.folder, self.history, self.journal())

    def applied(self) -> list[str]:
        """The applied migrations, oldest first; none where there is no database."""
        if not self._target.exists():
            return []
        with self._target.connected():
            return self.history.names()

    def at_start(self) -> tuple[list[str], bool]:
        """The applied migrations, oldest first, and whether a run may be half done, which has to be looked at."""
        if not self._target.exists():
            return [], False
        with self._target.connected():
            return self.history.at_start()

    def migration(self, name: str, edited: Collection[str] = ()) -> Migration:
        """An applied migration from its file, else, or where that was ``edited``, from the copy the journal kept."""
        from peewit.files.loader import load

        if name not in edited and self.folder.has(name):
            return self.folder.load(name)
        begun = None if name in edited else self.open_runs.begun(name)
        if begun is not None:
            return begun
        entry = self.journal().entries().get(name)
        if entry is None:
            raise UnknownTargetError(
                f"migration {name} was applied, and neither its file nor a copy of it is there",
                hint=f"get {name}.py back into {self.folder.path}",
            )
        return load(name, self.journal().source_of(entry.number), f"{name}.py (the journal's copy)")

    def pending(self, name: str) -> Migration:
        """A migration that is to be applied, from its file; one that is half done and has none, from the journal."""
        begun = None if self.folder.has(name) else self.open_runs.begun(name)
        return begun or self.folder.load(name)

    # ------------------------------------------------------------------ ways back

    def to_undo(self, wanted: Sequence[str], edited: Collection[str], *, fake: bool = False) -> list[Migration]:
        """The migrations that are to be undone; PeewitError, before the first is, where one of them cannot be.

        To ``fake`` a rollback no migration needs a way back.
        """
        from peewit.run.replaying.way_back import refuse_one_way

        found: list[Migration] = []
        for name in wanted:
            try:
                migration = self.migration(name, edited)
                if not fake:
                    refuse_one_way(migration, self._how_to_write_one(name, edited))
            except PeewitError as error:
                if found:
                    further = f"roll back only what was applied after it: peewit rollback {name}"
                    error.hint = "\n".join(filter(None, (f"{further}{' --fake' if fake else ''}", error.hint)))
                raise
            found.append(migration)
        return found

    def _how_to_write_one(self, name: str, edited: Collection[str]) -> str:
        """How an applied migration gets a rollback function."""
        file = self.folder.file(name)
        if not self.folder.has(name):
            return f"get {file} back, and write one there"
        if name not in edited:
            return f"write one in {file}, and change nothing else there"
        return (
            "its file was edited: put back the text that was applied, and only add one to it\n"
            "or, where the database is what the file says now, and it has one: "
            f"peewit accept {name}, then peewit rollback"
        )

    def way_back(self, name: str, applied: Sequence[str], edited: Collection[str]) -> WayBack:
        """How an applied migration is undone, and what was applied after it."""
        from peewit.run.replaying.way_back import WayBack, command_before, obstacle

        undone = list(applied[applied.index(name) :])[::-1]
        for other in undone:
            try:
                stuck = obstacle(self.migration(other, edited))
            except PeewitError as error:
                return WayBack(stuck=error.message)
            if stuck:
                return WayBack(stuck=f"{other} {stuck}")
        return WayBack(command_before(name, applied), tuple(undone[:-1][::-1]))

    # ------------------------------------------------------------------ runs that left nothing

    def failed(self, pending: Collection[str]) -> tuple[Failed, ...]:
        """Of what is pending, what failed when it was tried last, and left nothing."""
        return tuple(run for run in self.journal().failures() if run.name in pending)

    # ------------------------------------------------------------------ why the database may differ

    def looked_at(
        self, applied: Sequence[str], state: Schema
    ) -> tuple[set[str] | None, Callable[[], Mapping[str, str]]]:
        """What a comparison with the database has to know: which tables it is about, and why one may differ."""
        return self.open_runs.at_rest(applied, state), partial(self.explained, applied, state)

    def explained(self, applied: Sequence[str], state: Schema) -> dict[str, str]:
        """Tables that may differ from the ``state`` because only the history of a migration was written: what to do."""
        from peewit.run.applying.advice import of_forgotten, of_marked

        marked = {table: of_marked(name) for table, name in self._only_marked(applied).items()}
        return marked | {table: of_forgotten(name) for table, name in self._only_forgotten(applied, state).items()}

    def _only_forgotten(self, applied: Sequence[str], state: Schema) -> dict[str, str]:
        """The tables of migrations that were taken out of the history and not undone, each with the first of them."""
        from peewit.run.replaying.replay import Replay
        from peewit.run.replaying.touched import changed_by

        forgotten, found = self.journal().forgotten() - set(applied), dict[str, str]()
        for name in [name for name in self.folder.names() if name in forgotten]:
            replay, migration = Replay(state, self.database), self.pending(name)
            try:
                state = replay.run(migration.migrate, migration)
            except PeewitError:
                break  # something before it is pending as well: what it did is not known
            found = dict.fromkeys(changed_by(replay.recorded), name) | found
        return found

    def _only_marked(self, applied: Sequence[str]) -> dict[str, str]:
        """The tables of migrations that were marked as applied and not run, each with the newest such migration."""
        from peewit.run.replaying.replay import Replay
        from peewit.run.replaying.touched import changed_by

        entries = self.journal().entries()
        marked = {name for name in applied if name in entries and entries[name].marked}
        if not marked:
            return {}
        first = next(place for place, name in enumerate(applied) if name in marked)
        state, found = self.state(applied[:first]), dict[str, str]()
        for name in applied[first:]:
            if name not in entries and not self.folder.has(name):
                continue  # nobody knows what it did
            replay, migration = Replay(state, self.database), self.migration(name)
            state = replay.run(migration.migrate, migration)
            if name in marked:
                found |= dict.fromkeys(changed_by(replay.recorded), name)
        return found

    # ------------------------------------------------------------------ edited files

    def edited(
        self, names: Sequence[str], applied: Sequence[str], entries: Mapping[str, Entry] | None = None
    ) -> list[str]:
        """The applied files whose meaning is another than when they were applied; ``entries`` are the journal's.

        One that had no way back, and only got one, still says what was applied.
        """
        known = None if entries is None else {e.name: (e.checksum, e.number) for e in entries.values()}
        return self._edited(self._there(names, applied), known)

    def _there(self, names: Sequence[str], applied: Sequence[str]) -> Texts:
        """What the files of applied migrations say, of those that have one."""
        known = set(names)
        return self.texts([name for name in applied if name in known])

    def _edited(self, there: Texts, known: Mapping[str, tuple[str, int]] | None = None) -> list[str]:
        from peewit.files.checksum import checksum, got_a_way_back, same_meaning

        if known is None:
            known = self.journal().checksums() if there.names else {}
        edited = []
        for name in there.names:
            digest, number = known.get(name, ("", 0))
            if name not in known or checksum(source := there.source(name)) == digest:
                continue
            before = self.journal().source_of(number)
            if not (same_meaning(source, before) or got_a_way_back(source, before)):
                edited.append(name)
        return edited

    def refuse_edited(self, names: Sequence[str], applied: Sequence[str]) -> Texts:
        """EditedMigrationError where an applied file is another one now; else what those that are there say."""
        there = self._there(names, applied)
        edited = self._edited(there)
        if edited:
            from peewit.run.applying.advice import of_edited

            raise EditedMigrationError(
                f"{', '.join(edited)} was edited after it had been applied: files and database no longer agree",
                hint=of_edited(edited[0], self.way_back(edited[0], applied, edited)),
            )
        return there

    def to_accept(self, name: str, applied: Sequence[str]) -> tuple[str, bytes]:
        """The whole name of an applied migration, and the text of its file; PeewitError where that cannot be taken."""
        pending = [other for other in self.folder.names() if other not in applied]
        full = resolve(name, [*applied, *pending])
        if full in pending:
            raise UnknownTargetError(
                f"migration {full} is pending: nothing of it was applied, so there is nothing to accept",
                hint="its file is applied as it is now: peewit migrate",
            )
        self.open_runs.refuse_to_accept(full, applied)
        if not self.folder.has(full):
            raise UnknownTargetError(f"migration {full} has no file to take: {self.folder.file(full)} is not there")
        return full, self.folder.read(full)

    def is_as_applied(self, name: str, source: bytes) -> bool:
        """Whether a text is, to the byte, what the journal has of an applied migration."""
        from peewit.files.checksum import checksum

        entry = self.journal().entries().get(name)
        return entry is not None and entry.checksum == checksum(source)

    def refuse_untrue(self, name: str, applied: Sequence[str]) -> None:
        """EditedMigrationError where the database is not what the new text says, but for what it was not before."""
        from peewit.run.looking.check import check_database

        edited = self.edited(self.folder.names(), applied)
        others = [other for other in edited if other != name]
        known, found = (check_database(self.state(applied, old), self.database) for old in (edited, others))
        problems = [finding.message for finding in found if finding not in known]
        if problems:
            back = self.way_back(name, applied, edited)
            anew = f"apply the new text: {back.told}, then peewit migrate; or " if back.command else ""
            raise EditedMigrationError(
                f"the database is not what the new text of {name} says:\n" + "\n".join(f"  {p}" for p in problems),
                hint=f"{anew}put the old one back",
            )

    def refuse_to_redo(self, name: str, applied: Sequence[str], names: Sequence[str]) -> None:
        """PeewitError where a migration could be undone, and not be applied again."""
        from peewit.run.replaying.replay import operations_of

        self.open_runs.refuse_to_redo(applied)
        if not self.folder.has(name):
            raise MigrationFileError(
                f"migration {name} cannot be applied again: its file is gone",
                hint=f"get {self.folder.file(name)} back; or only undo it: peewit rollback",
            )
        earlier = [other for other in applied if other != name]
        self.refuse_edited(names, earlier)
        operations_of([self.folder.load(name)], self.state(earlier), self.database)

    # ------------------------------------------------------------------ the schema they lead to

    def state(self, names: Sequence[str], edited: Collection[str] = (), there: Texts | None = None) -> Schema:
        """The schema these migrations lead to, by replay; of those ``edited`` since, the text that was applied.

        ``there`` is what their files say, where that was read already.
        """
        from peewit.run.replaying.replay import replay_all

        if there is not None and there.names == list(names):
            self.unread, state = self._replayed(there).state()
            return state

        listed = set(self.folder.names())
        gone = [name for name in names if name not in listed and not self.folder.has(name)]
        if not (gone or edited):
            self.unread, state = self._replayed(self.texts(names)).state()
            return state
        entries = self.journal().entries() if gone else {}
        lost = [name for name in gone if name not in entries]
        unread = [f"{name}: neither its file nor a copy of it is there" for name in lost]
        left = (self.migration(name, edited) for name in names if name not in lost)
        state = replay_all(left, self.database, unread)
        self.unread = tuple(unread)
        return state

    def done_already(self, answers: Answers) -> str:
        """What to type where a file that is not applied yet has what an answer asks for; empty where none has."""
        from peewit.run.trying.answered import has_done_it

        names = self.folder.names()
        done = has_done_it(map(self.folder.load, names), answers, self.database)
        try:
            pending = bool(done) and done not in self.applied()
        except PeewitError:
            pending = False  # nobody can say what is applied: the file may not be the developer's to delete
        if not pending:
            return f"migration {done} has made that change: leave this answer out" if done else ""
        told = f"migration {done}, which is not applied yet, makes that change"
        if done != names[-1]:
            return f"{told}: leave this answer out"  # what was written after it leans on it
        file = quoted(self.folder.file(done))
        return f"{told}\nto write it anew with these answers: rm {file}, then type the same; else leave this one out"

    def beginning(self, names: Sequence[str]) -> tuple[list[tuple[str, bytes]], Beginning]:
        """The longest row of these files, from the first, that do nothing but lead to a schema; and where they lead."""
        texts = self.texts(names)
        count, beginning = self._replayed(texts).beginning()
        return list(zip(names[:count], texts.sources, strict=False)), beginning

    def texts(self, names: Sequence[str]) -> Texts:
        """What the files of these migrations say."""
        from peewit.files.texts import Texts

        return Texts(names, self.folder.read, self.folder.file)

    def _replayed(self, texts: Texts) -> Replayed:
        from peewit.run.replaying.texts import Replayed

        return Replayed(self.database, texts)

    def state_of_files(self) -> Schema:
        """The schema the files lead to. Where they do not, one that was applied and is gone is to blame first."""
        names = self.folder.names()
        try:
            return self.state(names)
        except PeewitError as error:
            applied = self.applied()
            gone = [name for name in applied if name not in names]
            if not gone:
                raise
            from peewit.run.applying.advice import of_gone

            with self._target.connected():
                back = self.way_back(gone[0], applied, self.edited(names, applied))
            raise MigrationFileError(
                f"migration {gone[0]} was applied and its file is gone; without it, {error.message}",
                hint=of_gone(back, self.folder.file(gone[0])),
            ) from error
