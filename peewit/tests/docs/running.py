"""The examples of a page, run in an empty folder as a reader would run them.

What differs from run to run (times, sizes, where the folder is) is left out of the comparison; a line of ``…`` stands
for any lines.
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import peewit
from peewit.run.records.who import who

from .blocks import DOCS, Block, Typed, blocks, session

HOME = "/home/ann/library"
"""Where the reader's folder is, on the pages."""

_KERNEL = Path(__file__).with_name("kernel.py")

_PROGRAMS = {
    "peewit": "-m peewit",
    "python": "",
    "pw_migrate": "-c 'from peewee_migrate.cli import cli; cli()'",
}
"""What a reader has in the path."""

_VARIES = (
    (r"\(\d+\.\d\d s\)", "(0.00 s)"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?(\+00:00)?", "2026-01-31 17:00:00"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", "2026-01-31T17:00:00"),
    (r"\d{8}T\d{6}Z(-\d+)?", "20260131T170000Z"),
    (r" +\d+\.\d MB", "      0.0 MB"),
    (r"process \d+", "process 1"),
    (r"\(\d+ kB\)", "(0 kB)"),
    (r"in \d+\.\d\ds", "in 0.00s"),
    (r"\d+\.\d\d s  ann@", "0.00 s  ann@"),
    (r"ann@laptop \(\d+\)", "ann@laptop (1)"),
    (r'"seconds": [\d.e-]+', '"seconds": 0.01'),
    (r"(SQLite|PostgreSQL) \d+(\.\d+)+", r"\1 1.0"),
)


class UnlikeError(AssertionError):
    """What a page says is not what happens."""


class Kernel:
    """The process that runs ``peewit`` and ``python``."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-B", str(_KERNEL)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, words: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[str, int]:
        """What is printed, and the exit code."""
        order = {"words": words, "folder": str(folder), "environment": dict(environment)}
        asked, answered = self._process.stdin, self._process.stdout
        assert asked is not None
        assert answered is not None
        _say(asked, order)
        answer = json.loads(answered.readline())
        return answer["printed"], answer["code"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _say(stream: IO[str], value: Any) -> None:
    stream.write(json.dumps(value) + "\n")
    stream.flush()


@contextlib.contextmanager
def kernel() -> Iterator[Kernel]:
    """The process, for as long as it is needed."""
    process = Kernel()
    try:
        yield process
    finally:
        process.close()


@dataclass
class Reader:
    """Somebody who types what a page says. ``servers`` are the URLs of the pages, and what stands for them here."""

    kernel: Kernel
    folder: Path
    servers: dict[str, str] = field(default_factory=dict)
    code: int = 0

    def __post_init__(self) -> None:
        kept = ("HOME", "LANG", "LC_ALL", "LOGNAME", "TMPDIR", "USER")
        known = {name: os.environ[name] for name in kept if name in os.environ}
        programs = self.folder.parent / f"{self.folder.name}-bin"
        self.environment = {
            **known,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(Path(peewit.__file__).parents[1]),
            "PYTHONDONTWRITEBYTECODE": "1",
            "XDG_CACHE_HOME": str(self.folder.parent / "cache"),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        programs.mkdir()
        for name, words in _PROGRAMS.items():
            (programs / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n')
            (programs / name).chmod(0o755)

    def read(self, text: str, *, correct: bool = False) -> str:
        """Do what a page says; the page as it is right. UnlikeError where it is not, unless it is to be corrected."""
        lines = text.splitlines(keepends=True)
        for block in reversed([*self._done(text, correct=correct)]):
            start = block.line - 1
            lines[start : lines.index("```\n", start)] = block.text.splitlines(keepends=True)
        return "".join(lines)

    def _done(self, page: str, *, correct: bool) -> Iterator[Block]:
        for block in blocks(page):
            found = self._do(block)
            if found is None or alike(block.text, found):
                continue
            if not correct or (block.kind == "shows" and "\n…\n" in f"\n{block.text}"):
                raise UnlikeError(f"line {block.line}: the page says\n{block.text}\nand it is\n{found}")
            yield Block(language=block.language, text=found, line=block.line)

    def _do(self, block: Block) -> str | None:
        """Do what a block says; what it should be, where it shows something."""
        match block:
            case Block(kind="not run"):
                return None
            case Block(kind="start", argument=page):
                self._start(page)
            case Block(kind="file", argument=path):
                self._write(path, block.text)
            case Block(kind="shows", argument=path):
                return self._hidden((self.folder / path).read_text())
            case Block(kind="answers", argument=answers):
                (typed,) = session(block.text)
                return f"$ {typed.command}{self._hidden(self._asked(typed.command, answers.split()))}"
            case Block(language="console"):
                return "".join(f"$ {typed.command}{self._type(typed)}" for typed in session(block.text))
            case Block(language="python"):
                self._write(".example.py", block.text)
                printed = self._run("python .example.py\n")
                (self.folder / ".example.py").unlink()
                if self.code:
                    raise UnlikeError(f"line {block.line}: the program failed:\n{printed}")
        return None

    def _start(self, page: str) -> None:
        """Begin where another page ends."""
        kept = self.folder.parent / f"{page}-done"
        if not kept.exists():
            at_work = Path(tempfile.mkdtemp(prefix=f"{page}-", dir=self.folder.parent))
            Reader(self.kernel, at_work, self.servers).read((DOCS / f"{page}.md").read_text(encoding="utf-8"))
            at_work.rename(kept)
        shutil.copytree(kept, self.folder, dirs_exist_ok=True)

    def _write(self, path: str, text: str) -> None:
        for told, real in self.servers.items():
            text = text.replace(told, real)
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text)

    def _type(self, typed: Typed) -> str:
        if typed.command.startswith("pip install "):
            return typed.printed
        printed = self._hidden(self._run(typed.command))
        return typed.printed if alike(typed.printed, printed) else printed

    def _run(self, command: str) -> str:
        for told, real in self.servers.items():
            command = command.replace(told, real)
        command = command.replace("echo $?", f"echo {self.code}")
        if (given := re.fullmatch(r"export (\w+)=(.*)\n", command)) is not None:
            self.environment[given[1]] = shlex.split(given[2])[0]
            return ""
        if re.match(r"(peewit|python|pw_migrate) ", command) and not re.search(r"[|&;<>$*]", command.partition("'")[0]):
            printed, self.code = self.kernel.run(
                shlex.split(command), self.folder, {**self.environment, "PWD": str(self.folder)}
            )
            return printed
        done = subprocess.run(
            ["/bin/sh", "-c", f"exec 2>&1\n{command}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        self.code = done.returncode
        return done.stdout

    def _asked(self, command: str, answers: list[str]) -> str:
        """What is printed on a terminal by a command that asks."""
        terminal, end = pty.openpty()
        words = ["/bin/sh", "-c", command]
        environment = {**self.environment, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100"}
        ends = {"stdin": end, "stdout": end, "stderr": end}
        process = subprocess.Popen(words, cwd=self.folder, env=environment, start_new_session=True, **ends)
        os.close(end)
        printed = b""
        with contextlib.suppress(OSError):  # nobody is at the other end any more
            while piece := os.read(terminal, 4096):
                printed += piece
                if answers and printed.endswith(b"]: "):
                    os.write(terminal, f"{answers.pop(0)}\n".encode())
        os.close(terminal)
        self.code = process.wait()
        return re.sub(r"\x1b\[[\d;]*m", "", printed.decode().replace("\r\n", "\n"))

    def _hidden(self, text: str) -> str:
        """What was printed, for somebody else's machine."""
        for told, real in self.servers.items():
            text = text.replace(real, told).replace(real.rpartition("/")[2], told.rpartition("/")[2])
        return text.replace(str(self.folder), HOME).replace(who().partition(" ")[0], "ann@laptop")


def alike(told: str, found: str) -> bool:
    """Whether both are the same, but for what differs from run to run."""
    parts = [re.escape(part) for part in re.split(r"^…\n", _settled(told), flags=re.MULTILINE)]
    return re.fullmatch("(?:.*\n)*".join(parts), _settled(found)) is not None


def _settled(text: str) -> str:
    for pattern, one in _VARIES:
        text = re.sub(pattern, one, text)
    return text
