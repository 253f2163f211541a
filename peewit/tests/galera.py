"""A Galera cluster of two nodes on this machine, for as long as a block runs."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import peewee

from .servers import MARIADB, Server

PROVIDERS = ("/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


def missing() -> str:
    """What is not installed; empty where all is there."""
    wanted = ("mariadbd", "mariadb-install-db", "wsrep_sst_rsync", "rsync")
    gone = [program for program in wanted if shutil.which(program, path=PATH) is None]
    gone += [] if any(map(os.path.exists, PROVIDERS)) else ["Galera's library (galera-4)"]
    return f"not installed: {', '.join(gone)}" if gone else ""


@contextmanager
def cluster() -> Iterator[tuple[Server, Server]]:
    """Two nodes that have the same data, each of which may be written."""
    with tempfile.TemporaryDirectory(prefix="peewit-galera-") as name, ExitStack() as stack:
        folder, user = Path(name), _user()
        folder.chmod(0o755)
        if user:
            os.chown(folder, user["user"], user["group"])
        ports = _ports(8)
        places = [f"--datadir={folder / 'one'}", f"--tmpdir={folder}"]
        install = ["mariadb-install-db", "--no-defaults", *places, "--skip-test-db"]
        with (folder / "install.log").open("w") as log:
            method = "--auth-root-authentication-method=normal"
            subprocess.run([*install, method], check=True, cwd=folder, stdout=log, stderr=log, **user)
        (folder / "two").mkdir()
        if user:
            os.chown(folder / "two", user["user"], user["group"])
        first = stack.enter_context(_node(folder, "one", ports[:4], "gcomm://", user))
        second = stack.enter_context(_node(folder, "two", ports[4:], f"gcomm://127.0.0.1:{ports[1]}", user))
        yield first, second


@contextmanager
def _node(folder: Path, name: str, ports: list[int], members: str, user: dict[str, Any]) -> Iterator[Server]:
    own, group, increments, transfer = ports
    address = "127.0.0.1"
    provider = {
        "base_port": group,
        "gmcast.listen_addr": f"tcp://{address}:{group}",
        "ist.recv_addr": f"{address}:{increments}",
        "gcache.size": "16M",
    }
    scratch = (
        folder / f"{name}-scratch"
    )  # a server that starts deletes the temporary tables of another one in its place
    scratch.mkdir()
    if user:
        os.chown(scratch, user["user"], user["group"])
    options = {
        "datadir": folder / name,
        "tmpdir": scratch,
        "socket": folder / f"{name}.socket",
        "pid-file": folder / f"{name}.pid",
        "port": own,
        "bind-address": address,
        "binlog-format": "ROW",
        "innodb-autoinc-lock-mode": 2,
        "innodb-flush-log-at-trx-commit": 0,
        "innodb-buffer-pool-size": "64M",
        "wsrep-on": "ON",
        "wsrep-provider": next(filter(os.path.exists, PROVIDERS)),
        "wsrep-provider-options": ";".join(f"{key}={value}" for key, value in provider.items()),
        "wsrep-cluster-name": folder.name,
        "wsrep-cluster-address": members,
        "wsrep-node-name": name,
        "wsrep-node-address": address,
        "wsrep-sst-method": "rsync",
        "wsrep-sst-receive-address": f"{address}:{transfer}",
    }
    program = shutil.which("mariadbd", path=PATH) or "mariadbd"
    command = [program, "--no-defaults", *(f"--{key}={value}" for key, value in options.items())]
    with (folder / f"{name}.log").open("w") as log:
        environment = {**os.environ, "PATH": PATH}
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environment, **user)
    login = {"user": "root", "unix_socket": str(options["socket"])}
    server = Server(id=MARIADB, kind=MARIADB, origin=f"galera {name}", options=login, prefix="peewit_galera")
    try:
        _wait_for(server, process, folder / f"{name}.log")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            if server.execute("SHOW STATUS LIKE 'wsrep_ready'") == [("wsrep_ready", "ON")]:
                return
        except peewee.OperationalError:
            pass  # it does not answer yet
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the node did not start:\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)


def _user() -> dict[str, Any]:
    """As whom a server runs: never as root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("mysql")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
