"""An application's start in the manner of its framework. Nothing here imports one.

* :func:`peewit.integrations.aio.ensure_current` for asyncio, also where the database is one of ``playhouse.pwasyncio``;
* :func:`peewit.integrations.starlette.lifespan` for Starlette and FastAPI;
* :class:`peewit.integrations.flask.Peewit` for Flask.
"""
