"""What a run has done so far, kept in the journal statement by statement, where not all of it is one transaction.

Before a statement is run its intent is written down, and afterwards that it is done; where the two can be one
transaction with the statement, they are. A run that was killed is found again by its open entry, and goes on where it
stopped: what is done is passed over, what was begun is looked at. Each statement has a row of its own, so however many
there are, each costs the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from typing import Any

from peewit.dataclass import dataclass
from peewit.errors import RunError
from peewit.operations import Operation, RunCode
from peewit.run.records.edited import fingerprint
from peewit.run.records.journal import Journal, OpenEntry

BODY = ""
"""The step of what a body writes by itself, past its migrator."""


@dataclass(slots=True, kw_only=True)
class Mark:
    """One statement of a run: begun, or ``done``.

    ``step`` is the number of its step, ``text`` what the step says, ``what`` its fingerprint. ``before`` are the tables
    the statement speaks of, as they were, where that tells something; once it is done, ``after`` are their
    fingerprints. ``ends``: with it its step is done. ``wrote``: code of the file did it by itself. ``asked``: its
    function has asked for more, which is not done.
    """

    step: str
    text: str = ""
    what: str = ""
    sql: str = ""
    before: Mapping[str, str] | None = None
    after: Mapping[str, str] = field(default_factory=dict)
    done: bool = False
    ends: bool = False
    wrote: bool = False
    asked: bool = False
    row: int = 0

    def as_json(self) -> str:
        """The mark as its row has it: only what says something."""
        names = ("step", "text", "what", "sql", "before", "after", "done", "ends", "wrote", "asked")
        given = {name: getattr(self, name) for name in names}
        return json.dumps({k: v for k, v in given.items() if v or k == "step" or (k == "before" and v is not None)})


@dataclass(slots=True, kw_only=True)
class RunLog:
    """The open journal entry of one migration that runs now, and what an earlier run left in it.

    ``kept`` counts the statements that are done, in earlier runs too, and ``last`` is the last of them; ``open`` is
    what is begun. ``earlier`` are the marks of a killed run by their step. ``edited``: its file says something
    else since; ``around``: also outside of its two functions. ``resumed``: an earlier run has begun something.
    """

    journal: Journal
    entry: OpenEntry
    kept: int = 0
    last: str = ""
    open: Mark | None = None
    earlier: dict[str, list[Mark]] = field(default_factory=dict)
    edited: bool = False
    around: bool = False
    resumed: bool = False
    _seen: set[str] = field(default_factory=set)
    _counts: list[int] = field(default_factory=lambda: [0])
    _prefix: str = ""

    @property
    def name(self) -> str:
        """The migration that runs."""
        return self.entry.name

    @property
    def begun(self) -> bool:
        """Whether an earlier run has done something, or may have."""
        return bool(self.earlier)

    @property
    def touched(self) -> bool:
        """Whether this run or an earlier one has done something, or may have."""
        return bool(self.earlier or self.kept or self.open)

    @property
    def body_wrote(self) -> str:
        """The first statement by which the body wrote by itself, in an earlier run or in this; empty where none did."""
        return next((mark.sql for mark in self.earlier.get(BODY, ())), "")

    @property
    def wrote(self) -> str:
        """The first statement by which code of the file wrote by itself and was not done; empty where none did."""
        return self.body_wrote or (self.open.sql if self.open is not None and self.open.wrote else "")

    @property
    def finished(self) -> list[str]:
        """The steps an earlier run had done, in words."""
        done = [marks[0] for marks in self.earlier.values() if any(mark.done and mark.ends for mark in marks)]
        return [mark.text for mark in done]

    def step(self, operations: Sequence[Operation]) -> Step:
        """The next step, and what a killed run left of it; RunError where that was another one."""
        self._counts[-1] += 1
        number = f"{self._prefix}{self._counts[-1]}"
        self._seen.add(number)
        marks = self.earlier.get(number, [])
        text, what = describe(operations), fingerprint(operations)
        if marks and marks[0].text != text:
            raise self._another(f"it began {marks[0].text!r} where it now says {text!r}")
        if marks and self.edited and (marks[0].what != what or (self.around and calls_function(operations))):
            raise self._another(f"its file was edited since, and {text!r} was begun as it was before")
        return Step(log=self, number=number, text=text, what=what, marks=marks)

    def refuse_left(self) -> None:
        """RunError where the file no longer asks for something that was done."""
        left = [marks[0].text for number, marks in self.earlier.items() if number not in {*self._seen, BODY}]
        if self.edited and left:
            raise self._another(f"its file was edited since, and no longer says {left[0]!r}, which was begun")

    def _another(self, why: str) -> RunError:
        way_on = f"put that back into the file as it was, then peewit {self.entry.action} goes on"
        return self.undecidable(why, way_on)

    @contextmanager
    def within(self, step: Step) -> Iterator[None]:
        """While a function runs: the steps it asks for are counted as parts of its own."""
        prefix, self._prefix = self._prefix, f"{step.number}."
        self._counts.append(0)
        try:
            yield
        finally:
            self._counts.pop()
            self._prefix = prefix

    def write(self, mark: Mark) -> Mark:
        """Write a mark down, or anew."""
        if not (mark.row and self.journal.correct(mark.row, mark.as_json())):
            mark.row = self.journal.note(self.entry.number, self.name, mark.as_json())
        if mark.done:
            self.kept += 1
            self.last = mark.sql or mark.text
            self.open = None
        elif mark.step == BODY:
            self.earlier.setdefault(BODY, []).append(mark)
        else:
            self.open = mark
        return mark

    def undecidable(self, why: str, way_on: str = "") -> RunError:
        """A killed run that cannot be resumed: a person has to look. ``way_on`` is what lets it go on after all."""
        done = f"done before that, and kept: {self.kept}" + (f", the last: {self.last}" if self.last else "")
        return RunError(
            f"the {self.entry.action} of {self.name} was interrupted, and it cannot be told what of it was done: {why}",
            name=self.name,
            state=done if self.kept else "nothing is known to have been done before that",
            hint=f"{way_on}\nor {ways_out(self.entry)}" if way_on else ways_out(self.entry),
        )


@dataclass(slots=True, kw_only=True)
class Step:
    """One step of a run: a stretch of operations, a raw statement, or a function of the file.

    ``what`` is its fingerprint. ``marks`` are what a killed run left of it. ``last`` is the statement that ends it, if
    that is known.
    """

    log: RunLog
    number: str
    text: str
    what: str
    marks: list[Mark]
    last: object = None

    @property
    def done(self) -> bool:
        """Whether nothing of it is left to do."""
        return any(mark.done and mark.ends for mark in self.marks)

    @property
    def begun(self) -> Mark | None:
        """The statement a killed run has begun, and not written down as done."""
        return None if not self.marks or self.marks[-1].done else self.marks[-1]

    def begin(
        self, sql: str = "", before: Mapping[str, str] | None = None, *, ends: bool = False, wrote: bool = False
    ) -> Mark:
        """Write down the intent of a statement."""
        return self.log.write(self._mark(sql, before=before, ends=ends, wrote=wrote))

    def _mark(self, sql: str, **also: Any) -> Mark:
        return Mark(step=self.number, text=self.text, what=self.what, sql=sql, **also)

    def finish(self, mark: Mark, after: Mapping[str, str] | None = None, *, ends: bool, asked: bool = False) -> None:
        """Write down that a statement is done."""
        mark.done, mark.ends, mark.asked, mark.before, mark.after = True, ends, asked, None, after or {}
        self.log.write(mark)
        if mark not in self.marks[-1:]:
            self.marks.append(mark)

    def close(self, sql: str = "") -> None:
        """Write down that the step is done."""
        self.finish(self._mark(sql), ends=True)

    def settle(self, mark: Mark) -> None:
        """What the function of this step has asked for is done too."""
        mark.asked = False
        self.log.journal.correct(mark.row, mark.as_json())

    def withdraw(self, mark: Mark) -> None:
        """A statement that was begun has done nothing: it is begun as new."""
        self.log.journal.strike(mark.row)
        self.log.open = None
        self.marks = [other for other in self.marks if other is not mark]


def describe(operations: Sequence[Operation]) -> str:
    """A stretch of operations in words."""
    return "; ".join(operation.describe() for operation in operations)


def calls_function(operations: Sequence[Operation]) -> bool:
    """Whether a stretch is a function of the file."""
    return any(isinstance(operation, RunCode) for operation in operations)


def ways_out(entry: OpenEntry) -> str:
    """What to type about a run that was interrupted and cannot go on."""
    name = entry.name
    if entry.action == "rollback":
        return (
            "look at the tables, then\n"
            "either undo by hand what is left, and say that it is undone: peewit rollback --fake\n"
            f"or put back by hand what was undone, and say that it is still applied: peewit migrate {name} --fake"
        )
    return (
        "look at the tables, then\n"
        f"either do by hand what is missing, and say that it is applied: peewit migrate {name} --fake\n"
        "or undo by hand what was done, and say that it is not applied: peewit rollback --fake"
    )


def read_log(journal: Journal, entry: OpenEntry) -> RunLog:
    """The log of a run that is open: what it has written down until now."""
    log = RunLog(journal=journal, entry=entry)
    marks = [*_from_stretches(journal.steps_of(entry.number))]
    for row, text in journal.notes(entry.number):
        marks.append(Mark(**json.loads(text), row=row))
    for mark in marks:
        log.earlier.setdefault(mark.step, []).append(mark)
        if mark.done:
            log.kept, log.last, log.open = log.kept + 1, mark.sql or mark.text, None
        else:
            log.open = mark
    return log


def _from_stretches(text: str) -> Iterator[Mark]:
    """What runs wrote down before each statement had a row of its own: a list of stretches in the entry itself."""
    kept: Any = json.loads(text) or {}
    if isinstance(kept, list):
        return  # the run is over: what it did is a list of statements
    if kept.get("wrote"):
        yield Mark(step=BODY, sql=kept["wrote"], wrote=True)
    for number, stretch in enumerate(kept.get("stretches", ()), start=1):
        step = {"step": str(number), "text": stretch["text"]}
        if not (stretch["statements"] or stretch["done"]):
            continue
        *done, last = stretch["statements"] or [""]
        yield from (Mark(**step, sql=sql, done=True) for sql in done)
        yield Mark(**step, sql=last, done=stretch["done"], ends=stretch["done"])
