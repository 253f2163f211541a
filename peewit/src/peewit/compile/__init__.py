"""Operations, what is there, dialect → statements. Pure: nothing here executes anything."""

from peewit.compile.sqlite import compile_stretch, stretches
from peewit.compile.statements import Call, EditSchema, Execute, Guard, SchemaRow, Statement

__all__ = ["Call", "EditSchema", "Execute", "Guard", "SchemaRow", "Statement", "compile_stretch", "stretches"]
