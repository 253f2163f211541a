"""Processes that start at the same moment: forked from one that has imported everything, so that they really do.

``python -m tests.reliability.starting`` reads from its input what each is to do, and prints how each ended.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from peewit.cli import main

ROOT = Path(__file__).parents[2]
"""From where these tests can be imported."""


WARM = (
    "peewit.cli.commands",
    "peewit.compile",
    "peewit.run.applying.apply",
    "peewit.run.looking.check",
    "peewit.run.database.lock",
    "peewit.run.database.server_lock",
    "peewit.run.sessions.choosing",
    "playhouse.db_url",
    "tomllib",
    "uuid",
)
"""What a process that migrates imports, so that none of them is late."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a process does: a command of peewit's, or a function ``module:name`` with arguments, its result printed."""

    command: tuple[str, ...] = ()
    function: str = ""
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a process ended: its exit code (minus the signal), what it printed, and how many seconds it took."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def complaint(self) -> str:
        """What it said on standard error, but for whom it waited for: on a busy machine that takes over a second."""
        waits = "waiting for ", " waits for locks, "
        return "\n".join(line for line in self.err.splitlines() if not (line.startswith(waits[0]) or waits[1] in line))


class Started:
    """Processes that are at work."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.starting"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([[job.command, job.function, job.arguments] for job in jobs]) + "\n")
        self._process.stdin.flush()

    def ended(self, timeout: float = 300) -> list[Ended]:
        """How each ended, once all have."""
        out, _ = self._process.communicate(timeout=timeout)
        return [Ended(**told) for told in json.loads(out)]

    def stop(self) -> None:
        """End those that are still at work."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.communicate()


@contextmanager
def started(jobs: Sequence[Job]) -> Iterator[Started]:
    """Start processes at once; none of them outlives the block."""
    processes = Started(jobs)
    try:
        yield processes
    finally:
        processes.stop()


def at_once(jobs: Sequence[Job], timeout: float = 300) -> list[Ended]:
    """Start processes at once and wait for all of them."""
    with started(jobs) as processes:
        return processes.ended(timeout)


def here(*words: str) -> Ended:
    """A command of peewit's in this process; -1 where it ends with what would be a traceback."""
    begun = time.monotonic()
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(words)
        except Exception as error:  # noqa: BLE001 - what would be a traceback
            code = -1
            err.write(f"{type(error).__name__}: {error}")
    return Ended(code=code, out=out.getvalue(), err=err.getvalue(), seconds=time.monotonic() - begun)


# ---------------------------------------------------------------------- in the process that forks


def _serve() -> None:
    import signal
    import tempfile

    for module in WARM:
        import_module(module)
    jobs = json.loads(sys.stdin.readline())
    signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
    os.setpgid(0, 0)
    waiting, go = os.pipe()
    with tempfile.TemporaryDirectory() as folder:
        pids = [_fork(Path(folder) / str(number), job, waiting, go) for number, job in enumerate(jobs)]
        os.close(waiting)
        begun = time.monotonic()
        os.close(go)  # everybody who waits for the pipe wakes up now
        ended: dict[int, tuple[int, float]] = {}
        while len(ended) < len(pids):
            pid, status = os.wait()
            ended[pid] = (os.waitstatus_to_exitcode(status), time.monotonic() - begun)
        told = [
            {
                "code": ended[pid][0],
                "seconds": ended[pid][1],
                "out": (Path(folder) / f"{number}.out").read_text(),
                "err": (Path(folder) / f"{number}.err").read_text(),
            }
            for number, pid in enumerate(pids)
        ]
    sys.stdout.write(json.dumps(told))


def _fork(files: Path, job: tuple[list[str], str, list[Any]], waiting: int, go: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.close(go)
        for stream, name in ((sys.stdout, "out"), (sys.stderr, "err")):
            os.dup2(os.open(f"{files}.{name}", os.O_WRONLY | os.O_CREAT), stream.fileno())
        os.read(waiting, 1)
        code = _done(*job)
    except BaseException:  # noqa: BLE001 - told to the one that waits
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _done(command: list[str], function: str, arguments: list[Any]) -> int:
    if command:
        return main(command)
    module, _, name = function.partition(":")
    result = getattr(import_module(module), name)(*arguments)
    if result is not None:
        sys.stdout.write(json.dumps(result))
    return 0


if __name__ == "__main__":
    _serve()
