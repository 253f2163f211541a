"""What a server's error is by its code, whichever driver it came through."""

from __future__ import annotations

LOCK_WAIT, DEADLOCK = 1205, 1213
"""MariaDB's and MySQL's numbers: a lock was not given in time, or never would have been."""


def code_of(error: BaseException) -> int:
    """MariaDB's or MySQL's number of an error; 0 where it has none."""
    for candidate in (error, *error.args, error.__cause__, error.__context__):
        if isinstance(candidate, int):
            return candidate
        number = getattr(candidate, "errno", None)
        arguments = getattr(candidate, "args", ())
        if isinstance(number, int):
            return number
        if arguments and isinstance(arguments[0], int):
            return int(arguments[0])
    return 0


def sqlstate_of(error: BaseException) -> str:
    """PostgreSQL's five letters for an error; empty where it has none."""
    for candidate in (error, *error.args, error.__cause__, error.__context__):
        code = getattr(candidate, "pgcode", None) or getattr(candidate, "sqlstate", None)
        if code:
            return str(code)
    return ""
