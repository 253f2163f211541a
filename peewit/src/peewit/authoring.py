"""Models and files → what changed → a migration file; and what a file would be, written anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from peewit.dataclass import dataclass
from peewit.diff import Answers, drops_of, fills_of, renames_of
from peewit.errors import UNCHANGED, ConfigError, DataError, DiscoveryError, PeewitError, ProofError, RunError
from peewit.files.groups import same_in_all_rows, without_value
from peewit.files.loader import load
from peewit.files.writer import write
from peewit.ledger import Ledger
from peewit.operations import DropTable, Operation
from peewit.operations.replay import replay, reverse
from peewit.read.discovery import Discovered, discover
from peewit.read.modules import model_elsewhere
from peewit.run.applying.advice import IN_THE_FILE, of_nulls, of_nulls_back, of_shared_index
from peewit.run.database.target import Target
from peewit.run.replaying.replay import operations_of
from peewit.run.sessions.backup import copies_of, event_of
from peewit.run.sessions.choosing import dialect_of
from peewit.run.trying.changing import Changes, changes
from peewit.run.trying.new_file import prove_new
from peewit.schema import Schema


class Written(NamedTuple):
    """A new file, None where nothing changed; what of older ones could not be read, and why it was not tried out."""

    path: Path | None
    unread: tuple[str, ...]
    unproved: str = ""


@dataclass(frozen=True, slots=True)
class Authoring:
    """The models of an application beside its migrations; ``by_url``: it is not asked whose database they have."""

    target: Target
    ledger: Ledger
    models: Sequence[str | type]
    ignore: Sequence[str]
    by_url: bool

    def discover(self, known: Mapping[str, Any]) -> Discovered:
        """The models, and the classes that were left out, each with the reason; ``known`` are the tables there are."""
        database = None if self.by_url else self.ledger.database
        return discover(self.models, ignore=self.ignore, database=database, known=known)

    def not_ignored(self, before: Schema) -> Schema:
        """The replayed tables without the ignored ones: those are somebody else's."""
        ignored = {name.lower() for name in self.ignore}
        return Schema(
            {k: t for k, t in before.tables.items() if t.name.lower() not in ignored and t.model.lower() not in ignored}
        )

    def changes(self, answers: Answers) -> Changes:
        """What the models have and the files have not; AmbiguousRenameError where only a person can say."""
        before = self.ledger.state_of_files()
        models = self.discover(before.tables).models
        try:
            found = changes(self.not_ignored(before), models, dialect_of(self.ledger.database), answers)
        except ConfigError as error:
            if answers.renames or answers.fill:
                error.hint = self.ledger.done_already(answers) or error.hint
            raise
        # What is left alone is there all the same: a foreign key may lead to it, also on the way back.
        return found._replace(before=Schema({**before.tables, **found.before.tables}))

    def _refuse_moved(self, operations: Sequence[Operation], before: Schema) -> None:
        """DiscoveryError where the model of a table that would be dropped is in a module nobody has named."""
        sources = [source for source in self.models if isinstance(source, str)]
        for table in (before[o.table] for o in operations if isinstance(o, DropTable)):
            module = model_elsewhere(table.model, sources)
            if module is not None:
                named = ", ".join(f'"{source}"' for source in (*sources, module))
                raise DiscoveryError(
                    f'table "{table.key}" would be dropped, but {module}, which is not in models, has {table.model}',
                    state="nothing was written",
                    hint=f"name that module as well: models = [{named}]\nif that is another table: peewit create NAME "
                    f"--empty, and migrator.remove_model({table.key!r}) in its file",
                )

    def create(self, name: str, answers: Answers, *, empty: bool) -> Written:
        """Write the migration that follows the models, or an ``empty`` one."""
        folder = self.ledger.folder
        full_name = folder.new_name(name)
        if empty:
            text = write(full_name, [], [], self.ledger.state_of_files())
            return Written(folder.write(full_name, text), self.ledger.unread)
        found = self.changes(answers)
        unread = (*self.ledger.unread, *found.left)
        if not found.operations:
            return Written(None, unread)
        operations, before = found.operations, found.before
        self._refuse_moved(operations, before)
        text = write(full_name, operations, reverse(before, operations), before)
        migration = load(full_name, text.encode(), str(folder.file(full_name)))
        try:
            unproved = prove_new(migration, operations, before, found.models, self.target)
        except ProofError as error:
            error.hint = error.hint or of_shared_index(error.message, replay(before, operations))
            raise
        return Written(folder.write(full_name, text), unread, unproved)

    # ------------------------------------------------------------------ a file that is written anew

    def renames_in(self, name: str) -> dict[str, str] | None:
        """The renames of a file, as the answer to what writing it anew from the models would ask.

        None where more would be dropped with it than the file drops: then it is no answer to that.
        """
        folder = self.ledger.folder
        try:
            migration = folder.load(name)
            with folder.without(name):
                operations = operations_of([migration], self.ledger.state(folder.names()), self.ledger.database)
                renames = renames_of(operations)
                found = self.changes(Answers(renames=renames)).operations
        except PeewitError:
            return None
        return renames if drops_of(found) <= drops_of(operations) else None

    def fills_in(self, name: str, renames: Mapping[str, str] | None) -> dict[str, str]:
        """The values a file gives to rows that exist, of those that writing it anew from the models would ask for."""
        folder = self.ledger.folder
        try:
            migration = folder.load(name)
            with folder.without(name):
                given = fills_of(operations_of([migration], self.ledger.state(folder.names()), self.ledger.database))
                wanted = dict(without_value(self.changes(Answers(renames=renames)).operations))
        except PeewitError:
            return {}
        return {field: given[field] for field in wanted if field in given}

    def hint_of(self, error: PeewitError, name: str) -> str:
        """What to do about a migration that failed: to write its file anew only where that takes a value."""
        if isinstance(error, RunError) and "already exists" in error.message:
            return of_shared_index(error.message, self.ledger.state_of_files()) or error.hint
        if not isinstance(error, DataError) or not error.field or self._asks_for(error.field, name):
            return error.hint
        return IN_THE_FILE if error.distinct else of_nulls(error.field, new=error.new)

    def hint_of_rollback(self, error: PeewitError, name: str) -> str:
        """What to do about a rollback that failed: what it wants is in its file's rollback function."""
        hint = error.hint
        if isinstance(error, DataError) and error.field:
            begun = error.state not in ("", UNCHANGED)
            hint = of_nulls_back(name, self.ledger.folder.file(name), new=error.new, begun=begun)
        path = self.target.path
        if path is None or name not in {event_of(copy) for copy in copies_of(path)}:
            return hint
        back = f"to make the database what it was before that migration: peewit restore {name}"
        return "\n".join(filter(None, (hint, f"{back}, which keeps a copy of what it is now")))

    def _asks_for(self, field: str, name: str) -> bool:
        """Whether a file, written anew from the models, would take a value for a field."""
        folder = self.ledger.folder
        if not self.models or folder.names()[-1:] != [name]:
            return False
        renames = self.renames_in(name)
        if renames is None:
            return False
        with folder.without(name):
            operations = self.changes(Answers(renames=renames)).operations
            return field in dict((*without_value(operations), *same_in_all_rows(operations)))
