"""A process that has peewit loaded already and runs each command in a copy of itself: what is typed costs no start.

It reads one line of JSON for each command, and answers with one: what was printed, and the exit code.
"""

from __future__ import annotations

import json
import os
import pkgutil
import runpy
import sys
import tempfile
from importlib import import_module
from typing import Any

from peewee_migrate.cli import cli as stock

import peewit.cli
import peewit.run.applying.apply
import peewit.run.looking.check
import peewit.run.trying.server_plan
from peewit.cli import main


def serve() -> None:
    """Run commands until there are no more."""
    for module in pkgutil.iter_modules(peewit.cli.__path__):
        import_module(f"peewit.cli.{module.name}")
    for line in sys.stdin:
        order = json.loads(line)
        with tempfile.TemporaryFile() as printed:
            child = os.fork()
            if child == 0:
                _become(order, printed.fileno())
            _, status = os.waitpid(child, 0)
            printed.seek(0)
            answer = {"printed": printed.read().decode(), "code": os.waitstatus_to_exitcode(status)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _become(order: dict[str, Any], printed: int) -> None:
    """In the child: do what is ordered, and end."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, mode, 1) for n, mode in ((0, "r"), (1, "w"), (2, "w")))
        os.chdir(order["folder"])
        os.environ.clear()
        os.environ.update(order["environment"])
        code = _run(order["words"])
    except SystemExit as ended:
        code = _code_of(ended)
    except Exception as error:
        # Whatever a program raises is what Python would print.
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _code_of(ended: SystemExit) -> int:
    """The exit code; a text is said, as Python does where a program ends."""
    if isinstance(ended.code, str):
        sys.stderr.write(f"{ended.code}\n")
        return 1
    return int(ended.code or 0)


def _run(words: list[str]) -> int:
    program, *arguments = words
    sys.path[0] = ""
    if program == "peewit":
        return main(arguments)
    if program == "pw_migrate":
        stock(arguments)
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")
    return 0


if __name__ == "__main__":
    serve()
