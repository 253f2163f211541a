"""The questions of ``doctor``: each is asked by itself, and one that cannot be answered says so."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import peewee

from peewit.errors import PeewitError, without_passwords
from peewit.reports import Symptom

OK, NOTE, WARNING, PROBLEM = "ok", "note", "warning", "problem"
"""How bad it is: nothing, worth knowing, to be mended, and what no migration gets past or rows are wrong by."""


class Question(NamedTuple):
    """``ask`` gives what is found; ``fine`` is said where that is nothing, and is empty where nothing has to be."""

    about: str
    fine: str
    ask: Callable[[], Iterable[Symptom]]


def answers(
    questions: Iterable[Question], around: Callable[[], AbstractContextManager[object]] = nullcontext
) -> Iterator[Symptom]:
    """What the questions give, in their order, each asked inside ``around``."""
    for question in questions:
        try:
            with around():
                found = list(question.ask())
        except (PeewitError, peewee.PeeweeException, sqlite3.Error, OSError) as error:
            yield unanswered(question.about, error)
            continue
        yield from found
        if not found and question.fine:
            yield Symptom(OK, question.about, question.fine)


def unanswered(about: str, error: BaseException) -> Symptom:
    """A question that could not be answered, and why."""
    text = (error.message if isinstance(error, PeewitError) else str(error)).strip().splitlines()
    why = without_passwords(text[0]) if text else type(error).__name__
    return Symptom(WARNING, about, f"{about}: could not be looked at: {why}")


def counted_rows(count: int) -> str:
    """``1 row``, ``2 rows``."""
    return f"{count:,} row{'' if count == 1 else 's'}"
