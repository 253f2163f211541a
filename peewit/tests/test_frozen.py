"""Our frozen dataclasses are those of the standard library, but for the time it takes to make them."""

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from peewit import frozen


def _make(dataclass: Any) -> Any:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Noun:
        """A noun."""

        name: str
        size: int = 3
        parts: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
        secret: str = dataclasses.field(default="x", repr=False)

        def __str__(self) -> str:
            return self.name

    return Noun


def _positional(dataclass: Any) -> Any:
    @dataclass(frozen=True, slots=True)
    class Span:
        """A span."""

        start: int
        end: int = 9

    return Span


def _empty(dataclass: Any) -> Any:
    @dataclass(frozen=True, slots=True)
    class Nothing:
        """Nothing."""

    return Nothing


def _child(dataclass: Any) -> Any:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Parent:
        """A parent."""

        name: str = "p"

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Child(Parent):
        """A child."""

        size: int

    return Child


def _outcome(ask: Callable[[], object]) -> object:
    try:
        return ask()
    except dataclasses.FrozenInstanceError as error:
        return type(error)


ASKED: list[tuple[Callable[[Any], Any], Callable[[Any], object]]] = [
    (_make, lambda c: repr(c(name="a"))),
    (_make, lambda c: repr(c(name="a", size=4, parts={"b": 1}, secret="s"))),
    (_make, lambda c: str(c(name="a"))),
    (_make, lambda c: c(name="a") == c(name="a", parts={"b": 1})),
    (_make, lambda c: c(name="a") == c(name="a", secret="y")),
    (_make, lambda c: c(name="a") == "a"),
    (_make, lambda c: len({c(name="a"), c(name="a", parts={"b": 2}), c(name="b")})),
    (_make, lambda c: c(name="a").parts is c(name="a").parts),
    (_make, lambda c: dataclasses.replace(c(name="a"), size=5)),
    (_make, lambda c: dataclasses.asdict(c(name="a"))),
    (_make, lambda c: [(f.name, f.kw_only, f.compare) for f in dataclasses.fields(c)]),
    (_make, lambda c: setattr(c(name="a"), "name", "b")),
    (_make, lambda c: delattr(c(name="a"), "name")),
    (_make, lambda c: hasattr(c(name="a"), "__dict__")),
    (_make, lambda c: c.__match_args__),
    (_make, lambda c: repr(copy.copy(c(name="a", size=7)))),
    (_make, lambda c: repr(copy.deepcopy(c(name="a", parts={"z": 1})))),
    (_positional, lambda c: repr(c(1))),
    (_positional, lambda c: repr(c(1, end=2))),
    (_positional, lambda c: c.__match_args__),
    (_positional, lambda c: c(1, 2) == c(1, 2)),
    (_positional, lambda c: hash(c(1, 2)) == hash(c(1, 2))),
    (_empty, lambda c: (repr(c()), c() == c(), len({c(), c()}))),
    (_child, lambda c: repr(c(size=2))),
    (_child, lambda c: (c(size=2) == c(size=2, name="p"), c(size=2) == c(size=3))),
]


@pytest.mark.parametrize("number", range(len(ASKED)))
def test_they_answer_alike(number: int) -> None:
    """Text, equality, hash, copies, fields and refusals."""
    make, ask = ASKED[number]
    ours, standard = (
        _outcome(lambda made=made: ask(made)) for made in map(make, (frozen.dataclass, dataclasses.dataclass))
    )
    assert repr(ours) == repr(standard)


@pytest.mark.parametrize("given", [(), ("a", "b"), {"nmae": "a"}])
def test_wrong_arguments_are_refused(given: Any) -> None:
    """A name that is missing, unknown, or not named."""
    made = _make(frozen.dataclass)
    with pytest.raises(TypeError):
        made(**given) if isinstance(given, dict) else made(*given)


def test_they_can_be_pickled() -> None:
    """Values may be sent to another process."""
    from peewit.schema import Column, Type

    column = Column(name="a", type=Type("VARCHAR", (3,)), default="'x'")
    assert repr(pickle.loads(pickle.dumps(column))) == repr(column)


def test_those_that_change_are_the_standard_librarys() -> None:
    """What is not frozen can be set."""

    @frozen.dataclass(slots=True)
    class Work:
        """Some work."""

        done: int = 0

    work = Work()
    work.done = 2
    assert work == Work(done=2)
