"""What was run already, kept in a file: the whole scoreboard takes hours, and may be run in pieces."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .board import Case, Result, Row


class Kept:
    """The rows of cases that were run, in their order, one in each line of a file if there is one."""

    def __init__(self, path: Path | None, cases: Sequence[Case]) -> None:
        self._path = path
        self._cases = {(case.name, case.database): case for case in cases}
        self._rows: dict[tuple[str, str], Row] = {}
        self._servers: set[str] = set()
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._take(json.loads(line))

    def _take(self, kept: Mapping[str, Any]) -> None:
        key = kept["case"], kept["database"]
        if key in self._cases:
            result = Result(**{**kept["result"], "failures": tuple(kept["result"]["failures"])})
            self._rows[key] = Row(case=self._cases[key], result=result, seconds=kept["seconds"])
            self._servers.update(kept["servers"])

    @property
    def left(self) -> list[Case]:
        """The cases that were not run yet."""
        return [case for key, case in self._cases.items() if key not in self._rows]

    @property
    def rows(self) -> list[Row]:
        """What was run, in the order of the cases."""
        return [self._rows[key] for key in self._cases if key in self._rows]

    @property
    def servers(self) -> list[str]:
        """The servers it was run on."""
        return sorted(self._servers)

    def add(self, row: Row, servers: Sequence[str]) -> None:
        """Keep what was run now."""
        case = row.case
        self._rows[case.name, case.database] = row
        self._servers.update(servers)
        if self._path is not None:
            kept = {"case": case.name, "database": case.database, "seconds": row.seconds, "servers": [*servers]}
            with self._path.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps({**kept, 'result': asdict(row.result)})}\n")
