"""Why a database cannot be opened, and what to type: a URL that is none, a user, a password, a name, a server."""

from __future__ import annotations

import os
import re
from pathlib import Path

import peewee
from playhouse.db_url import schemes

from peewit.errors import ConfigError, quoted, suggestion, without_passwords
from peewit.run.database.codes import code_of

WRONG_USER = {1044, 1045, 1698}
"""MariaDB and MySQL: access denied, to a database; with a password, or without one."""
NO_DATABASE, NO_SERVER = 1049, {2002, 2003, 2005}

_OF_POSTGRES = (
    (
        "user",
        re.compile(
            r"password authentication failed|role .* does not exist|no password supplied|pg_hba\.conf|28P01|28000"
        ),
    ),
    ("database", re.compile(r"database .* does not exist|3D000")),
    ("server", re.compile(r"refused|translate host name|resolve|timed? ?out|No such file|unreachable|timeout expired")),
)
"""What libpq says: before there is a connection it gives no code. In another language none of it is found."""

WRONG_FILE = "is this the right file? name another in the settings, or put a copy in its place"

_EXAMPLES = "for example sqlite:///app.db, postgresql://user@host/name, mysql://user@host/name"

_HINTS = {
    "user": "the server answers, and does not let this user in: look at user and password, in the URL or where the "
    "driver takes them from (~/.pgpass, PGPASSWORD, ~/.my.cnf)",
    "database": "the server answers, and has no such database: CREATE DATABASE{name} makes it; or name another",
    "driver": "its driver is not installed: pip install psycopg2-binary, or pip install pymysql",
    "server": "does the server run, and on this host and port?",
    "": "does the server run, is there such a database, and is its driver installed?",
}


def refuse_url(url: str) -> None:
    """ConfigError for a URL no database can be made of, with one that can."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        raise ConfigError(f'"{without_passwords(url)}" is no URL of a database', hint=_EXAMPLES)
    if scheme not in schemes:
        known = "" if (hint := suggestion(scheme, schemes)).startswith("did") else ", ".join(sorted(schemes))
        raise ConfigError(
            f'"{scheme}://" is no kind of database', hint=f"{f'known: {known}' if known else hint}\n{_EXAMPLES}"
        )
    if scheme.startswith("sqlite") and rest and not rest.startswith(("/", "?")):
        raise ConfigError(
            f'"{without_passwords(url)}" has two slashes, and a file takes three: the first name would be a host',
            hint=f"{scheme}:///{rest} is {rest} in this folder; {scheme}:////{rest} is /{rest}",
        )


def hint_of(database: peewee.Database, path: str | None, name: str, error: BaseException) -> str:
    """What to look at where a database could not be opened; ``name`` is what it may be called without a secret."""
    if isinstance(database, peewee.SqliteDatabase):
        return _of_file(path or "", error)
    return _HINTS[_reason(error)].format(name=f" {name}" if re.fullmatch(r"\w+", name) else "")


def _of_file(path: str, error: BaseException) -> str:
    if isinstance(error, TypeError):
        return "the driver does not know a setting of it: look at what follows the ? of the URL"
    if Path(path).is_dir():
        return "that is a folder: name a file"
    if Path(path).is_file() and not os.access(path, os.R_OK):
        return f"this user may not read it; whose it is says: ls -l {quoted(path)}"
    if str(error) == "file is not a database":
        return WRONG_FILE
    return "does its folder exist, and may it be written?"


def _reason(error: BaseException) -> str:
    if isinstance(error, peewee.ImproperlyConfigured):
        return "driver"
    code, text = code_of(error), str(error)
    if code in WRONG_USER:
        return "user"
    if code == NO_DATABASE:
        return "database"
    if code in NO_SERVER:
        return "server"
    return next((reason for reason, words in _OF_POSTGRES if words.search(text)), "")
