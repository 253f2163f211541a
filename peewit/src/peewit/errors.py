"""Every failure peewit raises, as one tree.

    PeewitError                     exit code 2
    ├── ConfigError                 a setting, a flag or an argument is wrong
    │   ├── UnknownTargetError      no migration has this name
    │   └── NameTakenError          a migration of this name cannot be written
    ├── AnswerNeededError           exit code 4: only the developer knows
    │   └── AmbiguousRenameError    renamed, or dropped and added?
    ├── OutOfDateError              migrations are pending, and the application does not apply them itself
    ├── NewerDatabaseError          the database has migrations the application does not know
    ├── LockBusyError               exit code 3: another process is migrating
    ├── LockLostError               another process has taken over in the middle of it
    ├── DiscoveryError              the models could not be found or imported
    ├── SqlError                    a text is not the SQL it should be
    ├── MigrationFileError          a migration file cannot be read or replayed
    │   ├── EditedMigrationError    an applied file was changed afterwards
    │   └── IrreversibleError       a file has no way back
    ├── SchemaError                 an operation does not fit the schema it is applied to
    ├── UnsupportedChangeError      this database cannot do that, said before anything is written
    ├── NotAllowedError             the user may not do this, or the database takes no writes
    ├── DataError                   the rows do not fit the change, said before anything is written
    ├── ProofError                  a new migration file does not do what it should; not written
    ├── DriftError                  the live schema is not what files or models say
    ├── NoRoomError                 the disk has no room for what a change has to write
    ├── BackupError                 the copy that is made beforehand cannot be made
    ├── ConnectionLostError         the connection to the server broke off in the middle
    └── RunError                    a migration failed; what was done and where the database stands

Each message says what is wrong; ``state`` says how the database was left and ``hint`` what to type next.
None of them has a password in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

UNCHANGED = "the database is unchanged"
"""The state most errors leave behind: they are raised before the first write, or after a rollback."""

NOTHING_KEPT = "nothing of this migration was kept: there is nothing of it to roll back"
"""The state a migration leaves that failed: a rollback would undo the one before it."""
STILL_APPLIED = "this migration is still applied, as before"
"""The state a rollback leaves that failed."""


_SECRETS = (
    (re.compile(r"""(://[^\s:/@"']*:)[^\s"']*@"""), r"\1***@"),
    (
        re.compile(
            r"""(pass(?:word|wd|phrase)["']?\s*(?:=\s*|:\s*(?=["'])))("[^"]*"|'(?:[^'\\]|\\.)*'|[^\s&,;)"']+)""",
            re.IGNORECASE,
        ),
        r"\1***",
    ),
    (re.compile(r"""(?<![\w/:])([\w.%+-]+:)[^\s"'/]+@(?=[\w.\[-])"""), r"\1***@"),
)
"""Passwords as they stand in URLs, in ``password=…`` of URLs, DSNs and arguments, and in a URL without a scheme."""


def without_passwords(text: str) -> str:
    """A text as it may be shown: whatever a driver or an application repeats, no password is in it."""
    for secret, instead in _SECRETS:
        text = secret.sub(instead, text)
    return text


class PeewitError(Exception):
    """A failure, told in full: what is wrong, where the database stands, what to do next.

    ``message`` is one sentence, lower case, subject first. ``state`` is empty where no database is
    involved. ``hint`` is what to type or change. ``applied`` and ``rolled_back`` are the migrations that were finished
    before it in the same run. ``str(error)`` is all of it, a line each.
    """

    exit_code: ClassVar[int] = 2
    default_state: ClassVar[str] = ""

    def __init__(self, message: str, *, state: str | None = None, hint: str = "") -> None:
        self.message = without_passwords(message)
        self.state = self.default_state if state is None else state
        self.hint = without_passwords(hint)
        self.applied: tuple[str, ...] = ()
        self.rolled_back: tuple[str, ...] = ()
        super().__init__(self.message)

    def __str__(self) -> str:
        undone = f"rolled back before it: {', '.join(self.rolled_back)}" if self.rolled_back else ""
        done = f"applied before it: {', '.join(self.applied)}" if self.applied else ""
        return "\n".join(part for part in (self.message, self.state, undone, done, self.hint) if part)


class ConfigError(PeewitError):
    """A setting, a flag or an argument is wrong, or one is missing."""


class UnknownTargetError(ConfigError):
    """No migration, or more than one, has the name that was given."""

    default_state = UNCHANGED


class NameTakenError(ConfigError):
    """The migration's name is not usable, or its file exists already."""


class AnswerNeededError(PeewitError):
    """A question only the developer can answer was left open; the hint shows the flags that answer it."""

    exit_code = 4


class AmbiguousRenameError(AnswerNeededError):
    """Something vanished and something like it appeared: a rename, or a drop and an addition? That is asked.

    ``doubts`` are pairs of what vanished and what it may have become, the likeliest first; ``readings`` are the few
    likeliest answers to all of them at once, as ``renames`` takes them. ``of_tables``: they are tables, and nothing
    was looked at yet but those.
    """

    def __init__(
        self,
        message: str,
        *,
        doubts: tuple[tuple[str, str], ...] = (),
        readings: tuple[Mapping[str, str], ...] = (),
        of_tables: bool = False,
        hint: str = "",
    ) -> None:
        self.doubts, self.readings, self.of_tables = doubts, readings, of_tables
        super().__init__(message, hint=hint)


class OutOfDateError(PeewitError):
    """Migrations are pending where an application wants a database that has them all. ``pending`` are their names."""

    default_state = UNCHANGED

    def __init__(self, message: str, *, pending: tuple[str, ...], hint: str = "") -> None:
        self.pending = pending
        super().__init__(message, hint=hint)


class NewerDatabaseError(PeewitError):
    """The database has migrations the application has no files of. ``newer`` are their names."""

    default_state = UNCHANGED

    def __init__(self, message: str, *, newer: tuple[str, ...], hint: str = "") -> None:
        self.newer = newer
        super().__init__(message, hint=hint)


class LockBusyError(PeewitError):
    """Another process holds the migration lock and did not let go in time."""

    exit_code = 3
    default_state = UNCHANGED


class LockLostError(PeewitError):
    """The lock ran out while it was held, and another process has taken over; nothing was written after that."""

    default_state = UNCHANGED


class DiscoveryError(PeewitError):
    """The models could not be found, or a module that may hold some failed to import."""


class SqlError(PeewitError):
    """A text is not the SQL it should be."""


class MigrationFileError(PeewitError):
    """A migration file cannot be read, or its body fails where it is only replayed."""

    default_state = UNCHANGED


class EditedMigrationError(MigrationFileError):
    """An applied migration file was changed after it had been applied."""


class IrreversibleError(MigrationFileError):
    """A migration cannot be rolled back: it has no way back, or says that there is none."""


class SchemaError(PeewitError):
    """An operation does not fit the schema it is applied to: no such table, the column is there already."""


class UnsupportedChangeError(PeewitError):
    """The database cannot do this; said before anything was written."""

    default_state = UNCHANGED


class NotAllowedError(PeewitError):
    """The user lacks a privilege, or the database takes no writes; the hint has the statement that grants it."""

    default_state = UNCHANGED


class DataError(PeewitError):
    """The rows do not fit the change: nulls, duplicates, orphans, values that do not convert.

    ``field`` is the ``table.field`` they have no value for, where it is that; ``new``: it comes with the change.
    ``distinct``: they have one, and it would be the same in rows that have to differ.
    """

    default_state = UNCHANGED

    def __init__(
        self,
        message: str,
        *,
        state: str | None = None,
        hint: str = "",
        field: str = "",
        new: bool = False,
        distinct: bool = False,
    ) -> None:
        super().__init__(message, state=state, hint=hint)
        self.field, self.new, self.distinct = field, new, distinct


class ProofError(PeewitError):
    """A new migration file was tried out and does not lead where it should; nothing was written."""


class DriftError(PeewitError):
    """The live schema is not what the files or the models say it is; nothing was written because of that."""

    default_state = UNCHANGED


class NoRoomError(PeewitError):
    """The disk has no room for what a change has to write."""

    default_state = UNCHANGED


class BackupError(PeewitError):
    """The database could not be copied beforehand, so the migration was not begun."""

    default_state = UNCHANGED


class ConnectionLostError(PeewitError):
    """The connection to the server broke off, so the answer to what was asked last never came."""

    default_state = "it is not known whether what was asked last was done"


class RunError(PeewitError):
    """A migration failed: ``name``."""

    def __init__(self, message: str, *, name: str, state: str = UNCHANGED, hint: str = "") -> None:
        self.name = name
        super().__init__(message, state=state, hint=hint)


def after_others(
    error: PeewitError, *, applied: Sequence[str] | None = None, rolled_back: Sequence[str] | None = None
) -> PeewitError:
    """Tell what was finished in the same run before the error."""
    if error.state in ("", UNCHANGED):
        undoing = rolled_back is not None
        error.state = STILL_APPLIED if undoing else NOTHING_KEPT
    error.applied = error.applied if applied is None else tuple(applied)
    error.rolled_back = error.rolled_back if rolled_back is None else tuple(rolled_back)
    return error


def suggestion(name: str, known: Iterable[str]) -> str:
    """``did you mean "name"?`` where one of the known names is nearly the one that was given; else all of them."""
    from difflib import get_close_matches

    names = list(dict.fromkeys(known))
    close = get_close_matches(name, names, n=1)
    return f'did you mean "{close[0]}"?' if close else f"known: {', '.join(names) or 'none'}"


def unreadable(what: str, path: object, error: OSError) -> PeewitError:
    """A file or a folder of the project that the system does not give us, and how to look into that."""
    if isinstance(error, NotADirectoryError):
        return ConfigError(f"{what} {path} is a file, not a folder", state=UNCHANGED, hint="name a folder: --directory")
    return ConfigError(
        f"{what} {path} cannot be read: {error.strerror or error}",
        state=UNCHANGED,
        hint=f"may this user read it? whose it is says: ls -ld {quoted(path)}",
    )


def quoted(path: object) -> str:
    """A path as a shell takes it."""
    from shlex import quote

    return quote(str(path))


def cause_of(error: BaseException) -> str:
    """``NameError: name 'x' is not defined (/app/models.py, line 12)``: what an import has raised, and where."""
    said = error.msg if isinstance(error, SyntaxError) else error
    return f"{type(error).__name__}: {said}{_place_of(error)}"


def _place_of(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f" ({error.filename}, line {error.lineno})" if error.filename else ""
    ours = (str(Path(__file__).parent), str(Path(os.__file__).parent / "importlib"), "<frozen")
    trace, place = error.__traceback__, ""
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if not path.startswith(ours):
            place = f" ({path}, line {trace.tb_lineno})"
        trace = trace.tb_next
    return place
