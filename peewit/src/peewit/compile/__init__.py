"""Operations, what is there, dialect → statements. Pure: nothing here executes anything."""

from typing import TYPE_CHECKING

from peewit.compile.sqlite import compile_stretch, in_main
from peewit.compile.statements import (
    Backfill,
    Call,
    Conversion,
    Converter,
    Copying,
    EditSchema,
    Effect,
    Execute,
    Guard,
    SchemaRow,
    Statement,
)
from peewit.compile.stretches import segments, server_stretches, stretches

if TYPE_CHECKING:
    from peewit.compile.sent_names import KeptNames, with_kept_names
    from peewit.compile.server import compile_on_server
    from peewit.compile.server_renames import hidden_renames

__all__ = [
    "Backfill",
    "Call",
    "Conversion",
    "Converter",
    "Copying",
    "EditSchema",
    "Effect",
    "Execute",
    "Guard",
    "KeptNames",
    "SchemaRow",
    "Statement",
    "compile_on_server",
    "compile_stretch",
    "hidden_renames",
    "in_main",
    "segments",
    "server_stretches",
    "stretches",
    "with_kept_names",
]

_OF_SERVERS = {
    "KeptNames": "sent_names",
    "compile_on_server": "server",
    "hidden_renames": "server_renames",
    "with_kept_names": "sent_names",
}
"""What a file does not need, and where it is."""

if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in _OF_SERVERS:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = globals()[name] = getattr(import_module(f"{__name__}.{_OF_SERVERS[name]}"), name)
        return found
