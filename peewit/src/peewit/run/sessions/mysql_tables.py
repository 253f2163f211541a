"""The tables a statement speaks of, as MariaDB and MySQL describe them: by that a killed run sees what was done."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from peewit.dialects import MysqlDialect
from peewit.sql import names_in, significant, tokenize

Ask = Callable[..., list[Any]]
"""Sends a statement, with parameters if it has any; gives its rows."""

Tables = Mapping[str, str]
"""Descriptions of tables, or their fingerprints, by name."""

_COUNTER = re.compile(r" AUTO_INCREMENT=\d+")
TRIGGERS = "\n-- triggers: "
NO_TRIGGERS = repr([])
_SHOWN_LINES = 6


def tables_of(sql: str, ask: Ask, dialect: MysqlDialect) -> dict[str, str]:
    """The description of each table that is there and is called like a word of the statement."""
    words = names_in(sql, dialect.rules)
    named: list[tuple[str | None, str]] = [
        (None, str(row[0])) for row in ask("SHOW FULL TABLES") if str(row[0]).lower() in words
    ]
    tokens = significant(tokenize(sql, dialect.rules))
    for (first, dot), (_, last) in pairwise(pairwise(tokens)):
        if dot.is_op(".") and first.kind in ("word", "name") and last.kind in ("word", "name"):
            rows = ask(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_name = %s",
                (first.value, last.value),
            )
            named += [(first.value, str(row[0])) for row in rows]
    return {dialect.path(name, schema): _described(name, schema, ask, dialect) for schema, name in named}


def _described(name: str, schema: str | None, ask: Ask, dialect: MysqlDialect) -> str:
    text = str(ask(f"SHOW CREATE TABLE {dialect.path(name, schema)}")[0][1])
    place = f" FROM {dialect.quoted(schema)}".replace("%", "%%") if schema else ""
    triggers = ask(f"SHOW TRIGGERS{place} WHERE `Table` = %s", (name,))
    return _COUNTER.sub("", text, count=1) + TRIGGERS + repr(sorted(row[:2] + row[3:5] for row in triggers))


def fingerprints(tables: Tables) -> dict[str, str]:
    """A short text for each table, which changes with its description."""
    return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in tables.items()}


def in_words(before: Tables, now: Tables) -> str:
    """Before and now, by fingerprint, and the lines in which the descriptions differ."""
    told = []
    old, new = fingerprints(before), fingerprints(now)
    for name in dict.fromkeys([*before, *now]):
        told.append(f"{name} before it: {old.get(name, 'not there')}, now: {new.get(name, 'not there')}")
        lines = difflib.ndiff(before.get(name, "").splitlines(), now.get(name, "").splitlines())
        changed = [f"  {line.rstrip()}" for line in lines if line[0] in "-+" and line[2:].strip()]
        told += changed[:_SHOWN_LINES] + ["  …"] * (len(changed) > _SHOWN_LINES)
    return "\n".join(told)


def without_triggers(tables: Tables) -> dict[str, str]:
    """The CREATE TABLE of each table."""
    return {name: text.partition(TRIGGERS)[0] for name, text in tables.items()}


def triggers_of(tables: Tables) -> list[str]:
    """The triggers on tables that have any, whatever the tables are called."""
    return sorted(found for text in tables.values() if (found := text.partition(TRIGGERS)[2]) != NO_TRIGGERS)
