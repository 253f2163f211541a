"""Measure, and write ``docs/benchmarks.md``: ``make bench``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from .environments import PACKAGES, Environments
from .loads import LOADS
from .measure import Bench
from .page import Figures, page_of

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
SHM = Path("/dev/shm")  # a disk in memory, where there is one


def _server(environments: Environments, url: str) -> str:
    """The server's version; empty where none answers."""
    code = "import psycopg2, sys; print(psycopg2.connect(sys.argv[1]).server_version)"
    done = subprocess.run(
        [environments.python("limit"), "-c", code, f"{url}/postgres"], capture_output=True, text=True, check=False
    )
    return f"{int(done.stdout) // 10000}.{int(done.stdout) % 10000}" if done.returncode == 0 else ""


def main() -> None:
    """Read what is asked for, make the environments, take the samples, write the page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", help="workloads, by key, with commas between them; then the page is only shown")
    parser.add_argument("--largest", type=int, default=10**9, help="leave out sizes above this")
    parser.add_argument("--environments", type=Path, default=Path(__file__).parents[1] / ".bench")
    asked = parser.parse_args()
    only = asked.only.split(",") if asked.only else [load.key for load in LOADS]
    environments = Environments(asked.environments.absolute())
    environments.make(list(PACKAGES))
    url = os.environ.get("PEEWIT_BENCH_POSTGRES", "postgresql://postgres@127.0.0.1:5432")
    version = _server(environments, url)
    versions = environments.versions(list(PACKAGES))
    found: list[Figures] = []
    with tempfile.TemporaryDirectory(dir=SHM if SHM.is_dir() else None) as folder:
        bench = Bench(environments, Path(folder) / "work", url)
        for load in LOADS:
            if load.key not in only or (load.server and not version):
                continue
            for size in (size for size in load.sizes if size <= asked.largest):
                sys.stderr.write(f"{load.key} {size}\n")
                found.append(Figures(load=load, size=size, samples=bench.run(load, size, asked.rounds)))
            if not asked.only:  # after each workload: a run that is broken off has not measured for nothing
                PAGE.write_text(page_of(found, versions, server=version, rounds=asked.rounds), encoding="utf-8")
    if asked.only:
        sys.stdout.write(page_of(found, versions, server=version, rounds=asked.rounds))


main()
