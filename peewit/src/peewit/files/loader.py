"""A migration file's text → its functions. The file is compiled as it stands, under any locale."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from peewit.errors import MigrationFileError

Body = Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One migration file, read and compiled.

    ``rollback`` is None where the file has none; ``atomic`` and ``irreversible`` are its module constants.
    """

    name: str
    source: bytes = field(repr=False)
    path: str
    migrate: Body | None = field(repr=False)
    rollback: Body | None = field(repr=False)
    atomic: bool = True
    irreversible: str = ""


def load(name: str, source: bytes, path: str) -> Migration:
    """Compile a migration's text and run its top level; MigrationFileError where that fails."""
    scope: dict[str, Any] = {"__name__": f"migration_{name}", "__file__": path}
    try:
        exec(compile(source, path, "exec", dont_inherit=True), scope)
    except Exception as error:
        raise MigrationFileError(
            f"migration {name} cannot be read: {type(error).__name__}: {error}", hint=f"see {path}"
        ) from error
    return Migration(
        name=name,
        source=source,
        path=path,
        migrate=scope.get("migrate"),
        rollback=scope.get("rollback"),
        atomic=bool(scope.get("atomic", True)),
        irreversible=str(scope.get("irreversible") or ""),
    )


def call(body: Body | None, migrator: object, database: object, *, fake: bool) -> None:
    """Call a ``migrate`` or ``rollback`` with what it takes: ``fake`` came and went over the years."""
    if body is None:
        return
    parameters = inspect.signature(body).parameters.values()
    takes_fake = any(p.name == "fake" or p.kind is p.VAR_KEYWORD for p in parameters)
    body(migrator, database, **({"fake": fake} if takes_fake else {}))
