"""A database that cannot be opened: the URL, the user, the name and the server are told from one another."""

import peewee as pw
import pytest

from ..servers import Server
from .app import App

URLS = [
    ("sqlite://x.db", '"sqlite://x.db" has two slashes, and a file takes three: the first name would be a host',
     "sqlite:///x.db is x.db in this folder; sqlite:////x.db is /x.db"),
    ("sqlite+pool://data/x.db", '"sqlite+pool://data/x.db" has two slashes, and a file takes three: the first name would be a host',
     "sqlite+pool:///data/x.db is data/x.db in this folder; sqlite+pool:////data/x.db is /data/x.db"),
    ("postgress://host/name", '"postgress://" is no kind of database', 'did you mean "postgres"?'),
    ("mariadb://host/name", '"mariadb://" is no kind of database', "did you mean "),
    ("oracle://host/name", '"oracle://" is no kind of database', "known: "),
    ("sqlite:x.db", '"sqlite:x.db" is no database: give a URL, or package.module:name', "for example sqlite:///app.db"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "said", "hint"), URLS)
def test_a_url_that_is_none(app: App, url: str, said: str, hint: str) -> None:
    """What is wrong with it, and one that is right."""
    code, out, error = app("status", "--database", url)
    assert (code, out, error.splitlines()[0]) == (2, "", f"error: {said}")
    assert error.splitlines()[1].startswith(f"  {hint}")


def test_a_setting_the_driver_does_not_know(app: App) -> None:
    """It came with the URL."""
    error = app("create", "first")[2] + app("migrate", "--database", "sqlite:///x.db?nonsense=1")[2]
    assert "the driver does not know a setting of it: look at what follows the ? of the URL" in error


def test_a_folder_is_no_database(app: App) -> None:
    """Its permissions are not what is wrong with it."""
    (app.folder / "place").mkdir()
    assert "that is a folder: name a file" in app("status", "--database", "sqlite:///place")[2]


def url_of(server: Server, **changed: str) -> str:
    options = {"user": "", "password": "", "host": "127.0.0.1", "port": "", **server.options, **changed}
    options["password"] = options["password"] or options.pop("passwd", "")
    secret = f":{options['password']}" if options["password"] else ""
    scheme = "postgresql" if isinstance(server.connect(), pw.PostgresqlDatabase) else "mysql"
    if options["host"].startswith("/"):  # a socket
        return f"{scheme}://{options['user']}{secret}@/{changed.get('name', 'nothing')}?host={options['host']}&port={options['port']}"
    return f"{scheme}://{options['user']}{secret}@{options['host']}:{options['port']}/{changed.get('name', 'nothing')}"


def test_a_database_that_is_not_there(app: App, server: Server) -> None:
    """The server answers: what is missing is the database, and the statement that makes it is named."""
    code, _, error = app("status", "--database", url_of(server, name="no_such_one"))
    assert code == 2
    assert "has no such database: CREATE DATABASE no_such_one makes it; or name another" in error


def test_a_user_who_may_not_come_in(app: App, server: Server) -> None:
    """The server answers: its user and password are what to look at, and no password is shown."""
    code, _, error = app("status", "--database", url_of(server, user="no_such_user", password="wrong-secret"))
    assert code == 2
    assert "does not let this user in: look at user and password" in error
    assert "does the server run" not in error
    assert "wrong-secret" not in error


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_does_not_answer(app: App, scheme: str) -> None:
    """Nothing listens there."""
    code, _, error = app("status", "--database", f"{scheme}://me@127.0.0.1:1/name")
    assert (code, error.splitlines()[-1]) == (2, "  does the server run, and on this host and port?")
