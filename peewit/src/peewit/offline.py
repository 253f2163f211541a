"""A script of migrations for a database administrator, who applies it without peewit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext
from typing import NamedTuple

from peewit.errors import UnsupportedChangeError
from peewit.files.loader import Migration
from peewit.folder import ZERO, resolve, up_to
from peewit.manager import MigrationManager
from peewit.run.records.history import History
from peewit.run.records.journal import Journal
from peewit.run.sessions.choosing import dialect_of
from peewit.run.trying import script as part
from peewit.run.trying.chain import Chain
from peewit.run.trying.on_paper import unconnected


class Script(NamedTuple):
    """The SQL of migrations, in order, for the kind of database ``dialect`` names."""

    dialect: str
    names: tuple[str, ...]
    text: str


def script(
    manager: MigrationManager, target: str | None = None, *, after: str | None = None, dialect: str | None = None
) -> Script:
    """What is pending, up to and including ``target``, as SQL with the rows of the history.

    It is for the database as it is. With ``after``, a migration or ``zero``, the database is not asked: it is what
    follows that one, for tables that are what the files say; so it is for another ``dialect``. The script itself
    refuses to run on a database that has not the migration before it, or has one of its own. UnsupportedChangeError
    names what only Python can do.
    """
    names = manager.folder.names()
    own = dialect_of(manager.database).name
    like = manager.database if dialect in (None, own) else unconnected(str(dialect))
    earlier = manager.ledger.applied() if after is None else _up_to(after, names)
    following = [name for name in names if name not in set(earlier)]
    wanted = up_to(target, following, names)
    lines: list[str] = []
    if wanted:
        asked = after is None and like is manager.database and bool(earlier)
        with manager.target.connected() if asked else nullcontext(), closing(Chain(like)) as chain:
            _begin(chain, manager, earlier, asked=asked)
            lines = _lines(chain, manager, earlier, wanted)
    return Script(dialect or own, tuple(wanted), "".join(f"{line}\n" for line in lines))


def _up_to(after: str, names: Sequence[str]) -> list[str]:
    return [] if after == ZERO else list(names[: names.index(resolve(after, names)) + 1])


def _begin(chain: Chain, manager: MigrationManager, earlier: Sequence[str], *, asked: bool) -> None:
    """What is there before the script: as the earlier migrations make it; in the database that is asked, as it is."""
    if asked:
        chain.begin(manager.database, manager.state(earlier))
        return
    chain.begin()
    for name in earlier:
        found = chain.forward(_load(manager, name))
        if found.problem and not found.statements:
            raise UnsupportedChangeError(
                f"what is there before the script cannot be told: {name}: {found.problem}", state="nothing was written"
            )


def _lines(chain: Chain, manager: MigrationManager, earlier: Sequence[str], wanted: Sequence[str]) -> list[str]:
    history = History(chain.like, manager.history_table, manager.schema)
    journal = Journal(chain.like, manager.history_table, manager.schema)
    lines, refused = [*part.head(chain.like, history, journal)], {}
    last = earlier[-1] if earlier else ""
    for name in wanted:
        migration, hanging = manager.folder.load(name), chain.hanging()
        found = chain.forward(migration)
        reasons = list(dict.fromkeys(part.reasons(found, dialect_of(chain.like))))
        if reasons:
            refused[name] = reasons
        else:
            lines += part.one(migration, found, chain.like, history, journal, last, hanging)
        last = name
        if found.problem:
            break  # what comes after it cannot be told
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
