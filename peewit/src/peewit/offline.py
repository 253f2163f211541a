"""A script of migrations for a database administrator, who applies it without peewit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import peewee

from peewit.errors import UnsupportedChangeError
from peewit.files.loader import Migration
from peewit.folder import ZERO, resolve, up_to
from peewit.manager import MigrationManager
from peewit.run import script as part
from peewit.run.history import History
from peewit.run.on_paper import unconnected, way
from peewit.run.replay import replay_all, replay_file
from peewit.run.sessions import dialect_of


class Script(NamedTuple):
    """The SQL of migrations, in order, for the kind of database ``dialect`` names."""

    dialect: str
    names: tuple[str, ...]
    text: str


def script(
    manager: MigrationManager, target: str | None = None, *, after: str | None = None, dialect: str | None = None
) -> Script:
    """What is pending, up to and including ``target``, as SQL with the rows of the history.

    With ``after``, a migration or ``zero``, the database is not asked: it is what follows that one. It is written from
    the files, for tables that are what they say, and the script itself refuses to run on a database that has not
    the migration before it, or has one of its own. UnsupportedChangeError names what only Python can do.
    """
    names = manager.folder.names()
    kind = dialect or dialect_of(manager.database).name
    like = manager.database if kind == dialect_of(manager.database).name else unconnected(kind)
    earlier = manager.ledger.applied() if after is None else _up_to(after, names)
    following = [name for name in names if name not in set(earlier)]
    wanted = up_to(target, following, names)
    return Script(kind, tuple(wanted), "\n".join(_lines(manager, earlier, wanted, like)) + "\n" if wanted else "")


def _up_to(after: str, names: Sequence[str]) -> list[str]:
    return [] if after == ZERO else list(names[: names.index(resolve(after, names)) + 1])


def _lines(
    manager: MigrationManager, earlier: Sequence[str], wanted: Sequence[str], like: peewee.Database
) -> list[str]:
    state = replay_all((_load(manager, name) for name in earlier), like)
    history = History(like, manager.history_table, manager.schema)
    lines, refused = [*part.head(like, history)], {}
    last = earlier[-1] if earlier else ""
    for name in wanted:
        migration = manager.folder.load(name)
        found = way(migration, "migrate", state, like, edits=False)
        reasons = list(dict.fromkeys(part.reasons(found, dialect_of(like))))
        if reasons:
            refused[name] = reasons
        else:
            lines += part.one(migration, found, like, history, last)
        state, last = replay_file(migration, state, like), name
    if refused:
        raise _cannot(refused)
    return lines


def _load(manager: MigrationManager, name: str) -> Migration:
    if manager.folder.has(name):
        return manager.folder.load(name)
    with manager.target.connected():
        return manager.ledger.migration(name)


def _cannot(refused: dict[str, list[str]]) -> UnsupportedChangeError:
    told = "\n".join(f"  {name}: {reason}" for name, reasons in refused.items() for reason in reasons)
    first = next(iter(refused))
    return UnsupportedChangeError(
        f"a script cannot do everything that {', '.join(refused)} {'does' if len(refused) == 1 else 'do'}:\n{told}",
        state="nothing was written",
        hint=f"apply it by peewit migrate {first}; a script of what comes after it: peewit sql --after {first}",
    )
