"""SIGKILL at every statement boundary of many migrations: nothing is lost, and running again finishes the job."""

from __future__ import annotations

import os
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from random import Random

from peewit import LockBusyError, PeewitError, RunError

from .. import servers
from .board import FULL, Case, Result, Tally
from .faults import Fault, Killing, Listening, faults_of
from .grounds import File, Ground, Mariadb, Picture, Postgres
from .migrations import MARIADB, POSTGRES, SQLITE, Change, of

SHOWN = 12
"""How many broken promises of one case are told."""

FEW_CHANGES, FEW_FAULTS = 3, 3
"""How much of it all is done in the fast subset."""

MakeGround = Callable[[Path], Ground]


@dataclass(kw_only=True)
class Count(Tally):
    """What came of the kills: what was seen after them, and how long a server needed to let go."""

    seen: Counter[str] = field(default_factory=Counter)
    waited: float = 0.0
    changes: int = 0

    def broken(self, what: str) -> None:
        """A promise that was broken, in words."""
        self.failures.append(what)

    def add(self, other: Count) -> None:
        """Take in what another one counted."""
        self.runs += other.runs
        self.losses += other.losses
        self.stuck += other.stuck
        self.failures += other.failures
        self.seen += other.seen
        self.changes += other.changes
        self.waited = max(self.waited, other.waited)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What an unkilled run gives: the database before and after it, and what else may be seen after a kill."""

    between: tuple[Picture, ...]
    faults: list[Fault]
    sent: list[str]

    @property
    def before(self) -> Picture:
        return self.between[0]

    @property
    def after(self) -> Picture:
        return self.between[-1]


def expected(ground: Ground) -> Expected:
    """Do it without a kill."""
    ground.reset()
    between, listening = [ground.picture()], Listening()
    ground.act(ground.database(listening))
    after = ground.picture()
    if len(ground.change.files) > 1:
        ground.reset()
        for _ in ground.change.files[1:]:
            ground.manager(ground.database()).migrate("+1")
            between.append(ground.picture())
    problems = ground.problems()
    assert not problems, problems
    assert after != between[0]
    return Expected(
        between=(*between, after), faults=listening.faults(), sent=[" ".join(s.sql.split()) for s in listening.sent]
    )


def killed(ground: Ground, fault: Fault) -> bool:
    """Do it in a child process that kills itself at the fault; False where it was done before that."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(60)
            ground.act(ground.database(Killing(fault)))
            code = 0
        except BaseException:  # noqa: BLE001 - a child that goes on would run the parent's tests
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    assert os.waitstatus_to_exitcode(status) == 0, "the run that was to be killed failed by itself"
    return False


def kill_and_look(ground: Ground, wanted: Expected, fault: Fault, count: Count) -> None:
    """One kill, what is there afterwards, and one more run."""
    at = f"{ground.change.name}, {fault}"
    if not fault.commits:
        at += f" ({wanted.sent[fault.number - 1][:90]})"
    ground.reset()
    if not killed(ground, fault):
        count.broken(f"{at}: nothing was killed")
        return
    count.runs += 1
    if not ground.settle():
        count.stuck += 1
        count.broken(f"{at}: the server holds on to what the dead process had")
    count.waited = max(count.waited, ground.waited)
    seen = ground.picture()
    lost = losses(wanted, seen, ground)
    if lost or (problems := ground.problems()):
        count.losses += 1
        count.broken(f"{at}: after the kill, {lost or problems}")
        return
    count.seen["before" if seen == wanted.before else "after" if seen == wanted.after else "between"] += 1
    again(ground, wanted, seen, at, count)


def again(ground: Ground, wanted: Expected, seen: Picture, at: str, count: Count) -> None:
    """A plain re-run: it finishes, or on MariaDB reports what it cannot tell and leaves everything as it is."""
    try:
        ground.act(ground.database())
    except LockBusyError as error:
        count.stuck += 1
        count.broken(f"{at}: the next run is locked out: {error}")
        return
    except PeewitError as error:
        if isinstance(ground, Mariadb) and isinstance(error, RunError) and "cannot be told" in str(error):
            count.seen["reported"] += 1
            _expect(seen, ground, f"{at}: a run that only reported", count)
        else:
            count.broken(f"{at}: the next run failed: {' '.join(str(error).split())[:400]}")
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        count.broken(f"{at}: the next run failed: {error!r:.400}")
        return
    if seen not in (wanted.before, wanted.after):
        count.seen["resumed"] += 1
    _expect(wanted.after, ground, f"{at}: after the next run", count)


def _expect(wanted: Picture, ground: Ground, at: str, count: Count) -> None:
    now = ground.picture()
    if now != wanted or (problems := ground.problems()):
        count.losses += 1
        count.broken(f"{at}, {wanted.difference(now) or problems}")


def losses(wanted: Expected, seen: Picture, ground: Ground) -> str:
    """What is lost in a database as a kill left it; empty where nothing is."""
    if seen in wanted.between:
        return ""
    if ground.transactional and ground.change.atomic:
        return f"it is neither as before nor as after: {wanted.before.difference(seen)}"
    before, after, now = (picture.counts() for picture in (wanted.before, wanted.after, seen))
    for table, count in before.items():
        later = ground.change.moved.get(table, table)
        name = table if table in now else later
        if name in now:
            if now[name] < min(count, after.get(later, count)):
                return f"{name} has {now[name]} of {count} rows"
        elif later in after:
            return f"{table} is gone, with {count} rows"
    return ""


def kill_everywhere(make: MakeGround, change: Change, few: int, seed: int) -> Count:
    """One migration, killed at all its boundaries, or at ``few`` of them."""
    count = Count(changes=1)
    with tempfile.TemporaryDirectory(prefix="peewit-kills-") as folder, closing(make(Path(folder))) as ground:
        try:
            ground.prepare(change)
            wanted = expected(ground)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            count.broken(f"{change.name}: fails without being killed: {' '.join(str(error).split())[:400]}")
            return count
        faults = wanted.faults
        if few:
            faults = [*faults_of("commit:1"), *Random(f"{seed} {change.name}").sample(faults, few)]
        for fault in faults:
            kill_and_look(ground, wanted, fault, count)
    return count


def play_kills(database: str, make: Callable[[], MakeGround], scale: str, seed: int) -> Result:
    """All migrations of a database, on all cores; fast: a few of them, at a few boundaries."""
    try:
        made = make()
    except servers.MissingServerError as missing:
        return Result(skipped=str(missing))
    changes, total = of(database), Count()
    if scale == FULL:
        with ProcessPoolExecutor(os.cpu_count(), get_context("fork")) as pool:
            for part in pool.map(partial(_one, made, 0, seed), changes):
                total.add(part)
    else:
        for change in Random(seed).sample(changes, FEW_CHANGES):
            total.add(kill_everywhere(made, change, FEW_FAULTS, seed))
    return shown(total)


def _one(make: MakeGround, few: int, seed: int, change: Change) -> Count:
    return kill_everywhere(make, change, few, seed)


def shown(total: Count) -> Result:
    """What was counted, with the first of the broken promises."""
    figures = [f"{total.changes} migrations"] if total.changes else []
    seen = ", ".join(f"{number:,} {word}" for word, number in sorted(total.seen.items()) if number)
    figures += [f"found {seen}"] if seen else []
    if total.waited:
        figures.append(f"a dead process's connection gone after {total.waited * 1000:.0f} ms at most")
    told = total.failures[:SHOWN]
    if len(total.failures) > SHOWN:
        told.append(f"… and {len(total.failures) - SHOWN} more")
    return replace(total.result("; ".join(figures)), failures=tuple(told))


def _file(mode: str) -> Callable[[], MakeGround]:
    return lambda: partial(_make_file, mode)


def _make_file(mode: str, folder: Path) -> Ground:
    return File(folder=folder, mode=mode)


def _served(kind: type[Postgres | Mariadb], name: str) -> Callable[[], MakeGround]:
    return lambda: partial(_make_served, kind, servers.lent(name))


def _make_served(kind: type[Postgres | Mariadb], server: servers.Server, folder: Path) -> Ground:
    return kind(folder=folder, server=server)


HOW = {
    "SIGKILL at every statement boundary of 30 migrations": """
    Each migration is first run undisturbed: that gives the statements it sends, BEGIN and COMMIT, savepoints, PRAGMAs,
    history and journal among them, and the schema and rows it leads to. Then, from the same start each time, a child
    process runs it and sends itself SIGKILL before the first statement, after it, before the second, and so on (after
    a statement that only reads, the kill before the next one is the same). After each kill the database is looked at:
    all as before or all as after; where each statement is kept at once (MariaDB, `atomic = False`), no table may
    have fewer rows than before and after. Then it is run once more: it must finish without waiting for a lock, and
    schema, rows and history must equal those of the undisturbed run. On MariaDB it may instead report what cannot
    be told, and must then leave everything as it is. Some of the migrations are rolled back, not applied. On
    SQLite the page cache is so small that the file is written to before the COMMIT. The migrations are in
    `tests/reliability/migrations_common.py` and `migrations_special.py`.
    """
}
NAME = "SIGKILL at every statement boundary of 30 migrations"
TARGET = "0 rows lost, a plain re-run finishes in every case, 0 stuck locks"


def _case(shown: str, database: str, make: Callable[[], MakeGround], target: str = TARGET) -> Case:
    run = partial(play_kills, database, make)
    return Case(name=NAME, database=shown, target=target, run=run, quick=not shown.endswith(", local"))


CASES: tuple[Case, ...] = (
    _case("SQLite, delete", SQLITE, _file("delete")),
    _case("SQLite, wal", SQLITE, _file("wal")),
    _case("PostgreSQL", POSTGRES, _served(Postgres, servers.POSTGRES)),
    _case("PostgreSQL, local", POSTGRES, _served(Postgres, servers.LOCAL)),
    _case(
        "MariaDB",
        MARIADB,
        _served(Mariadb, servers.MARIADB),
        "0 rows lost; every case resumed or reported, none guessed",
    ),
)
