"""``make reliability``: run the cases, tell what came of each, write the page; 1 where a promise was broken."""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path

from .. import servers
from .board import FAST, FULL, Result, Row, line_of, play
from .collected import cases, told
from .keeping import Kept
from .page import Circumstances, page_of

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"


def main(arguments: list[str]) -> int:
    """Run what is asked for."""
    given = _parser().parse_args(arguments)
    wanted = [case for case in cases() if given.only.lower() in f"{case.name}, {case.database}".lower()]
    if not wanted:
        sys.stderr.write(f"no case has {given.only!r} in its name\n")
        return 2
    kept = Kept(given.keep, wanted)
    with servers.outside_pytest() as folder:
        for row in play([] if given.no_more else kept.left, FAST if given.fast else FULL, given.seed):
            _tell(line_of(row))
            known = [json.loads(note.read_text()) for note in sorted(folder.glob("*.json"))]
            kept.add(row, [f"{_NAMES[n['kind']]} {n['version']} ({n['origin']})" for n in known if "kind" in n])
    rows = kept.rows + [Row(case=case, result=Result(skipped="not yet"), seconds=0.0) for case in kept.left]
    if given.write or not (given.fast or given.only):
        about = Circumstances(
            command=_command(given),
            seed=given.seed,
            servers=kept.servers,
            seconds=sum(row.seconds for row in rows),
        )
        PAGE.write_text(page_of(rows, told(), about), encoding="utf-8")
    broken = sum(not row.result.kept for row in rows)
    _tell(f"{len(rows)} cases, {broken} broken, {sum(bool(row.result.skipped) for row in rows)} skipped")
    return 1 if broken else 0


def _command(given: argparse.Namespace) -> str:
    """What to type to do the same again."""
    only = [f"--only '{given.only}'"] if given.only else []
    flags = [f"--seed {given.seed}", *(["--fast"] if given.fast else []), *only]
    return f'make reliability RELIABILITY_ARGS="{" ".join(flags)}"'


_NAMES = {servers.POSTGRES: "PostgreSQL", servers.MARIADB: "MariaDB"}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of everything random")
    parser.add_argument("--fast", action="store_true", help="only what make test runs")
    parser.add_argument("--only", default="", metavar="NAME", help="cases with this in their name or database")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="where what was run is kept: it is not run again")
    parser.add_argument("--no-more", action="store_true", help="run nothing: what was kept is all that is told")
    parser.add_argument("--write", action="store_true", help="write the page also with --only or --fast")
    return parser


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
