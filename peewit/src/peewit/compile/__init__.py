"""Operations, what is there, dialect → statements. Pure: nothing here executes anything."""

from peewit.compile.server import compile_on_server
from peewit.compile.server_renames import hidden_renames
from peewit.compile.sqlite import compile_stretch, in_main
from peewit.compile.statements import Backfill, Call, Copying, EditSchema, Effect, Execute, Guard, SchemaRow, Statement
from peewit.compile.stretches import segments, server_stretches, stretches

__all__ = [
    "Backfill",
    "Call",
    "Copying",
    "EditSchema",
    "Effect",
    "Execute",
    "Guard",
    "SchemaRow",
    "Statement",
    "compile_on_server",
    "compile_stretch",
    "hidden_renames",
    "in_main",
    "segments",
    "server_stretches",
    "stretches",
]
