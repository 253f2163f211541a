"""Models and replayed files → what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import peewee

from peewit.dialects import Dialect
from peewit.diff import Answers, diff, managed
from peewit.models import indexes_not_made, read_models
from peewit.operations import Operation
from peewit.schema import Schema


class Changes(NamedTuple):
    """The operations that lead from the tables ``before`` to the models; ``left`` is what was left alone, and why."""

    operations: list[Operation]
    before: Schema
    models: Sequence[type[peewee.Model]]
    left: Sequence[str]


def changes(ours: Schema, models: Sequence[Any], dialect: Dialect, answers: Answers) -> Changes:
    """What the models have and the replayed tables have not; AmbiguousRenameError where only a person can say."""
    after = read_models(models, dialect.name)
    answers = answers.keyed(ours, after)
    found = managed(ours, after, answers.renames or {})
    if answers.renames is None and (asked := managed(ours, after, None).schema) != found.schema:
        diff(asked, after, dialect, answers)  # whether what was made by hand was renamed: only to ask
    left = [*found.left, *(line for model in models for line in indexes_not_made(model, dialect.name))]
    return Changes(diff(found.schema, after, dialect, answers), found.schema, models, left)
