"""peewit's own ``@dataclass`` is as the standard library's."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, fields, replace
from typing import Any

import pytest

from peewit.dataclass import OFTEN, dataclass


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """What it has to be like."""

    name: str
    parts: tuple[int, ...] = ()
    notes: list[str] = field(default_factory=list, compare=False)
    secret: str = field(default="x", repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StandardMore(Standard):
    """One that has a part more."""

    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """The same."""

    name: str
    parts: tuple[int, ...] = ()
    notes: list[str] = field(default_factory=list, compare=False)
    secret: str = field(default="x", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OursMore(Ours):
    """One that has a part more."""

    size: int = 0


@dataclass(slots=True)
class Mutable:
    """One that changes."""

    name: str
    seen: list[str] = field(default_factory=list)


PAIRS: list[tuple[Any, Any]] = [(Standard, Ours), (StandardMore, OursMore)]


@pytest.mark.parametrize(("standard", "ours"), PAIRS)
def test_it_is_made_shown_and_taken_apart_alike(standard: Any, ours: Any) -> None:
    for given in ({"name": "a"}, {"name": "b", "parts": (1, 2), "notes": ["n"], "secret": "y"}):
        one, other = standard(**given), ours(**given)
        assert dataclasses.asdict(one) == dataclasses.asdict(other)
        assert repr(one).replace("Standard", "Ours") == repr(other)
        assert dataclasses.is_dataclass(other)
    assert [(f.name, f.kw_only, f.compare) for f in fields(standard)] == [
        (f.name, f.kw_only, f.compare) for f in fields(ours)
    ]
    assert list(inspect.signature(standard).parameters) == list(inspect.signature(ours).parameters)
    assert inspect.signature(ours).parameters["name"].annotation == "str"
    assert not hasattr(ours(name="a"), "__dict__")


@pytest.mark.parametrize(("standard", "ours"), PAIRS)
@pytest.mark.parametrize("given", [{}, {"name": "a", "other": 1}])
def test_what_cannot_be_made_is_told_alike(standard: Any, ours: Any, given: dict[str, Any]) -> None:
    with pytest.raises(TypeError) as wanted:
        standard(**given)
    with pytest.raises(TypeError) as found:
        ours(**given)
    assert str(found.value) == str(wanted.value).replace("Standard", "Ours")
    with pytest.raises(TypeError, match="positional"):
        ours("a")


@pytest.mark.parametrize("given", [(), ("a", [], "b"), ({"name": "a"}, "a"), ({"other": 1}, "a")])
def test_what_is_given_in_its_place_is_told_alike(given: tuple[Any, ...]) -> None:
    words = given[0] if given and isinstance(given[0], dict) else {}
    places = given[1:] if words else given
    kinds = [dataclasses.dataclass(slots=True)(plain()), dataclass(slots=True)(plain())]
    told = []
    for kind in kinds:
        with pytest.raises(TypeError) as raised:
            kind(*places, **words)
        told.append(str(raised.value))
    assert told[0] == told[1]


def plain() -> Any:
    """A class of its own each time: whoever makes something of it changes it."""

    class Plain:
        name: str
        seen: list[str] = field(default_factory=list)

    return Plain


@pytest.mark.parametrize("kind", [kind for pair in PAIRS for kind in pair] + [Mutable])
def test_thousands_are_made_as_the_first(kind: Any) -> None:
    """Also where its function is made in between, and of every thread's own parts."""
    made = [kind(name=str(number)) for number in range(3 * OFTEN)]
    assert [one.name for one in made] == [str(number) for number in range(3 * OFTEN)]
    lists = [one.seen if kind is Mutable else one.notes for one in made]
    assert len({id(each) for each in lists}) == len(made)


def test_it_is_made_in_many_threads_at_once() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Fresh:
        name: str
        size: int = 3

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: Fresh(name=str(number)), range(2000)))
    assert [(one.name, one.size) for one in made] == [(str(number), 3) for number in range(2000)]


@pytest.mark.parametrize("kind", [kind for pair in PAIRS for kind in pair])
def test_equal_values_are_the_same(kind: Any) -> None:
    one, same = kind(name="a", notes=["one"]), kind(name="a", notes=["another"])
    assert one == same
    assert hash(one) == hash(same)
    assert one != kind(name="b")
    assert one != kind(name="a", secret="z")
    assert one != "a"
    assert (one == object()) is False
    assert len({one, same, kind(name="b")}) == 2


def test_a_value_with_more_parts_is_another() -> None:
    assert Ours(name="a") != OursMore(name="a")
    assert OursMore(name="a") != Ours(name="a")
    assert OursMore(name="a", size=1) != OursMore(name="a")
    match OursMore(name="a", size=3):
        case OursMore(size=size):
            assert size == 3


@pytest.mark.parametrize("kind", [kind for pair in PAIRS for kind in pair])
def test_a_frozen_one_is_replaced_and_never_changed(kind: Any) -> None:
    one = kind(name="a", parts=(1,))
    assert replace(one, name="b") == kind(name="b", parts=(1,))
    for change in (lambda: setattr(one, "name", "b"), lambda: delattr(one, "name"), lambda: setattr(one, "new", 1)):
        with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
            change()
    assert one == kind(name="a", parts=(1,)) == copy.deepcopy(one) == pickle.loads(pickle.dumps(one))


def test_one_that_changes_is_itself() -> None:
    one, other = Mutable("a"), Mutable("a")
    one.seen.append("x")
    assert (one.name, one.seen, other.seen) == ("a", ["x"], [])
    assert one != other
    assert len({one, other}) == 2
    assert repr(one) == "Mutable(name='a', seen=['x'])"
