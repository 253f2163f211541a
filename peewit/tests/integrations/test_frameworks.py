"""The lifespan of Starlette and FastAPI, and the extension for Flask, in the frameworks themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import flask
import peewee
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from peewit import MigrationManager, OutOfDateError
from peewit.integrations.flask import Peewit
from peewit.integrations.starlette import lifespan

NAMES = ("001_books", "002_pages")


@pytest.fixture
def manager(migrations: Path, tmp_path: Path) -> MigrationManager:
    """The manager of an application."""
    return MigrationManager(peewee.SqliteDatabase(tmp_path / "library.db"), migrations)


def served(application: Any, path: str) -> list[dict[str, Any]]:
    """What an application says to a server that starts it, asks for one page, and stops it."""

    async def run() -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []
        heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        state: dict[str, Any] = {}

        async def say(message: Any) -> None:
            said.append(dict(message))
            if message["type"].startswith("lifespan.startup"):
                up.set()

        up = asyncio.Event()
        life = asyncio.create_task(application({"type": "lifespan", "state": state}, heard.get, say))
        await heard.put({"type": "lifespan.startup"})
        await up.wait()
        if said[-1]["type"] == "lifespan.startup.complete":
            http = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], "state": state}
            await application(http, _nothing, say)
            await heard.put({"type": "lifespan.shutdown"})
        await asyncio.gather(life, return_exceptions=True)
        return said

    return asyncio.run(run())


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


def body(said: list[dict[str, Any]]) -> bytes:
    """The page that was sent."""
    return b"".join(message["body"] for message in said if message["type"] == "http.response.body")


def test_fastapi_serves_an_up_to_date_database(manager: MigrationManager) -> None:
    """Before the first request everything is applied."""
    application = FastAPI(lifespan=lifespan(manager))

    @application.get("/applied")
    def applied() -> list[str]:
        return [entry.name for entry in manager.status().applied]

    said = served(application, "/applied")
    assert body(said) == b'["001_books","002_pages"]'
    assert said[-1]["type"] == "lifespan.shutdown.complete"


def test_starlette_keeps_its_own_lifespan(manager: MigrationManager) -> None:
    """What the application does itself comes after, its state is passed on, and its end is heard."""
    heard: list[str] = []

    @asynccontextmanager
    async def own(_: Starlette) -> AsyncIterator[dict[str, int]]:
        heard.append(f"up with {len(manager.status().applied)}")
        yield {"shelves": 7}
        heard.append("down")

    async def page(request: Request) -> JSONResponse:
        return JSONResponse(request.state.shelves)

    application = Starlette(routes=[Route("/shelves", page)], lifespan=lifespan(manager, own))
    assert body(served(application, "/shelves")) == b"7"
    assert heard == ["up with 2", "down"]


def test_an_application_that_may_not_migrate_does_not_start(manager: MigrationManager) -> None:
    """The server is told why."""
    said = served(FastAPI(lifespan=lifespan(manager, on_pending="fail")), "/")
    assert [message["type"] for message in said] == ["lifespan.startup.failed"]
    assert "is not up to date: 001_books, 002_pages pending" in said[0]["message"]
    assert manager.status().pending == NAMES


def test_flask_is_up_to_date_when_it_is_made(manager: MigrationManager) -> None:
    """The extension is found where extensions are."""
    application = flask.Flask(__name__)
    extension = Peewit(manager, application)
    assert extension.report.applied == NAMES
    assert application.extensions["peewit"] is extension

    @application.get("/pending")
    def pending() -> list[str]:
        return list(flask.current_app.extensions["peewit"].manager.status().pending)

    assert application.test_client().get("/pending").json == []


def test_flask_in_a_factory_goes_by_its_configuration(manager: MigrationManager) -> None:
    """The configuration of a deployment wins over what the code says."""
    extension = Peewit(manager)
    application = flask.Flask(__name__)
    application.config["PEEWIT_ON_PENDING"] = "fail"
    with pytest.raises(OutOfDateError, match="002_pages"):
        extension.init_app(application)
    application.config["PEEWIT_ON_PENDING"] = "migrate"
    extension.init_app(application)
    assert extension.report.applied == NAMES
