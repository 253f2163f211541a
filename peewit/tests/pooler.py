"""PgBouncer in front of a PostgreSQL server of the tests, for as long as a block runs."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from .servers import Server

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
"""Where it is installed, if it is."""

SETTINGS = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = {own}
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 500
ignore_startup_parameters = extra_float_digits
"""
PORT = 6432


@contextmanager
def pooled(server: Server, mode: str = "transaction", size: int = 4) -> Iterator[Server]:
    """The server as it is seen through a pooler, ``size`` connections for all of its clients."""
    assert PROGRAM is not None
    with tempfile.TemporaryDirectory(prefix="peewit-pooler-") as name:
        folder = Path(name)
        user = {}
        if os.geteuid() == 0:  # it does not run as root
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        given = server.options
        text = SETTINGS.format(
            host=given["host"], port=given.get("port", 5432), user=given["user"], folder=folder, own=PORT,
            mode=mode, size=size,
        )  # fmt: skip
        (folder / "settings.ini").write_text(text, encoding="utf-8")
        folder.chmod(0o755)
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [PROGRAM, str(folder / "settings.ini")], cwd=folder, stdout=log, stderr=log, **user
            )
        try:
            _wait_for(folder, process)
            yield replace(server, origin="pgbouncer", options={**given, "host": str(folder), "port": PORT})
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while True:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(folder / f".s.PGSQL.{PORT}")) == 0:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"pgbouncer did not start: {(folder / 'log').read_text()}")
        time.sleep(0.02)
