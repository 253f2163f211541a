"""One change of models on a live server: forward, back and forward again, compared with ``create_tables()``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import peewee as pw

from peewit import MigrationManager

from .laws.server_live import Described, Live, made_by_peewee

Model = type[pw.Model]


def model(name: str, table: str = "person", /, *, meta: dict[str, Any] | None = None, **fields: Any) -> Model:
    """A model class; it has a key only if one of its fields is one."""
    options = {"table_name": table, "primary_key": False, **(meta or {})}
    if any(isinstance(field, pw.Field) and field.primary_key for field in fields.values()):
        options.pop("primary_key")
    made: Model = type(name, (pw.Model,), {**fields, "Meta": type("Meta", (), options)})
    return made


def _compare(wanted: Described, found: Described) -> None:
    """They are equal; where not, it is shown in which lines of which tables."""
    names = {*wanted, *found}
    apart = {name: (wanted.get(name), found.get(name)) for name in names if wanted.get(name) != found.get(name)}
    assert apart == {}, apart  # nothing rewrites the asserts of this module


def there_and_back(
    database: pw.Database,
    folder: Path,
    before: Sequence[Model],
    after: Sequence[Model],
    *,
    renames: Mapping[str, str] | None = None,
    fill: Mapping[str, str] | None = None,
    rows: Sequence[str] = (),
) -> list[str]:
    """Migrate to both sides, back, and up again; the statements of the way from the first side to the second."""
    with database.connection_context():
        live = Live(database)
        database.bind([*before, *after])
        first, second = made_by_peewee(live, before), made_by_peewee(live, after)
        assert first is not None
        assert second is not None
        live.empty()
        MigrationManager(database, folder, models=before).create("initial")
        MigrationManager(database, folder, models=before).migrate()
        _compare(first, live.schema())
        for row in rows:
            live.ask(row)
        manager = MigrationManager(database, folder, models=after)
        assert manager.create("next", renames=renames or {}, fill=fill) is not None
        report = manager.migrate()
        _compare(second, live.schema())
        assert manager.check().findings == ()
        for step, wanted in ((manager.rollback, first), (manager.migrate, second)):
            step()
            _compare(wanted, live.schema())
            assert live.left_overs() == []
        assert manager.create("again") is None
    return [getattr(statement, "sql", "") for step in report.steps for statement in step.statements]
