"""``@dataclass`` as the standard library's, made in a tenth of the time.

The standard library looks at every field of a class, writes and compiles the text of six methods, and makes the class
a second time for its slots: of loading what migrates, that was most. Here a class gets its slots, and all else when it
is first asked for: its fields, which the standard library makes, its ``__init__``, its comparison.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, Literal, NoReturn, TypeVar, dataclass_transform

C = TypeVar("C")

_FIELDS = "__dataclass_fields__"
"""Where the standard library looks for the fields of a class."""

_GIVEN = "__peewit_given__"
"""Where a class keeps its own fields, with their annotations, and what it was given for them."""


@dataclass_transform(field_specifiers=(dataclasses.field,))
def dataclass(*, frozen: bool = False, slots: Literal[True], kw_only: bool = False) -> Callable[[type[C]], type[C]]:
    """A class with slots; where it is ``frozen``, equal values are the same, else every instance is its own."""
    del slots

    def made(cls: type[C]) -> type[C]:
        own = _annotated(cls)
        slotted: Any = _with_slots(cls, own)
        setattr(slotted, _FIELDS, _Fields(slotted, kw_only=kw_only))
        setattr(slotted, _GIVEN, (own, vars(cls)))
        slotted.__dataclass_params__ = SimpleNamespace(frozen=frozen)
        positional = [name for name in own if not (kw_only or getattr(cls.__dict__.get(name), "kw_only", None) is True)]
        inherited = getattr(slotted, "__match_args__", ())
        setattr(slotted, "__match_args__", tuple(dict.fromkeys((*inherited, *positional))))  # noqa: B010 - mypy forbids it
        slotted.__init__ = _Init(slotted)
        slotted.__repr__ = _repr
        if frozen:
            slotted.__eq__, slotted.__hash__ = _compared_later(slotted)
            slotted.__setattr__ = slotted.__delattr__ = _refuse
            slotted.__setstate__ = _restore
        return slotted  # type: ignore[no-any-return] # the class, made anew with its slots

    return made


def _annotated(cls: type) -> dict[str, Any]:
    """The fields a class has of its own, with their annotations."""
    found = vars(cls).get("__annotations__")
    found = inspect.get_annotations(cls) if found is None else found
    return {name: kind for name, kind in found.items() if "ClassVar" not in str(kind).partition("[")[0]}


def _with_slots(cls: type, own: dict[str, Any]) -> type:
    """The class made anew: a slot for each of its own fields, where it had the default."""
    kept = {name: value for name, value in vars(cls).items() if name not in own}
    kept.pop("__dict__", None)
    kept.pop("__weakref__", None)
    inherited = {slot for base in cls.__mro__[1:] for slot in getattr(base, "__slots__", ())}
    made = type(cls)(cls.__name__, cls.__bases__, {**kept, "__slots__": tuple(n for n in own if n not in inherited)})
    made.__qualname__ = cls.__qualname__
    return made


class _Fields:
    """Stands for the fields of a class until they are asked for: the standard library makes them, of what was given."""

    def __init__(self, cls: type, *, kw_only: bool) -> None:
        self._cls, self._kw_only = cls, kw_only

    def __get__(self, instance: Any, owner: Any) -> dict[str, Any]:
        own, given = vars(self._cls)[_GIVEN]
        names = {name: given[name] for name in own if name in given}
        # Where there is no text, the standard library writes one of the signature, which takes longer than all else.
        alone: Any = type(self._cls.__name__, (), {**names, "__module__": self._cls.__module__, "__doc__": "Fields."})
        alone.__annotations__ = own
        alone = dataclasses.dataclass(init=False, repr=False, eq=False, match_args=False, kw_only=self._kw_only)(alone)
        fields: dict[str, Any] = {}
        for base in self._cls.__mro__[:0:-1]:
            fields.update(getattr(base, _FIELDS, {}))
        fields.update(getattr(alone, _FIELDS))
        setattr(self._cls, _FIELDS, fields)
        return fields


OFTEN = 100
"""So many instances of a class are made by going through its fields; for more it is worth to compile a function."""


class _Init:
    """Stands for the ``__init__`` of a class until that is looked at, used often, or given what it does not take."""

    def __init__(self, cls: Any) -> None:
        self._cls, self._left = cls, OFTEN
        self._parts: list[tuple[str, Callable[[Any, Any], None], Any, Any]] = []
        self._positional: tuple[str, ...] = ()

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None or self._left <= 0:
            return self._compiled().__get__(instance, owner)
        self._left -= 1
        return partial(self._fill, instance)

    def _compiled(self) -> Any:
        self._cls.__init__ = made = _init(self._cls)
        return made

    def _fill(self, instance: Any, /, *args: Any, **given: Any) -> None:
        if not self._parts:
            self._positional = self._cls.__match_args__
            self._parts = [(name, getattr(self._cls, name).__set__, *made) for name, made in _defaults(self._cls)]
        named = dict(zip(self._positional, args, strict=False))
        if len(named) < len(args) or named.keys() & given.keys():
            self._compiled()(instance, *args, **given)  # raises, and says why
        named |= given
        for name, put, default, factory in self._parts:
            if name in named:
                put(instance, named.pop(name))
            elif factory is not dataclasses.MISSING:
                put(instance, factory())
            elif default is not dataclasses.MISSING:
                put(instance, default)
            else:
                self._compiled()(instance, *args, **given)
        if named:
            self._compiled()(instance, *args, **given)


def _defaults(cls: type) -> Iterable[tuple[str, tuple[Any, Any]]]:
    """The fields of a class, each with its default and with what makes one."""
    found: dict[str, tuple[Any, Any]] = {}
    for base in reversed(cls.__mro__):
        own, given = vars(base).get(_GIVEN, ((), {}))
        for name in own:
            value = given.get(name, dataclasses.MISSING)
            plain = not isinstance(value, dataclasses.Field)
            found[name] = (value, dataclasses.MISSING) if plain else (value.default, value.default_factory)
    return found.items()


_NEW = object()
"""The default of what a factory makes."""


def _init(cls: Any) -> Any:
    fields = dataclasses.fields(cls)
    known: dict[str, Any] = {"_NEW": _NEW}
    given, body = [], []
    for keyword_only in (False, True):
        mine = [field for field in fields if field.kw_only is keyword_only]
        given += ["*"] if mine and keyword_only else []
        for field in mine:
            name, value = field.name, field.name
            known[f"_set_{name}"] = getattr(cls, name).__set__
            if field.default_factory is not dataclasses.MISSING:
                known[f"_new_{name}"] = field.default_factory
                given.append(f"{name}=_NEW")
                value = f"_new_{name}() if {name} is _NEW else {name}"
            elif field.default is not dataclasses.MISSING:
                known[f"_default_{name}"] = field.default
                given.append(f"{name}=_default_{name}")
            else:
                given.append(name)
            body.append(f"_set_{name}(self, {value})")
    head = f"def made({', '.join(known)}):\n def __init__({', '.join(('self', *given))}):\n"
    text = f"{head}  {'; '.join(body) or 'pass'}\n return __init__"
    made: dict[str, Any] = {}
    exec(text, vars(sys.modules[cls.__module__]), made)  # names of fields, and nothing else
    init = made["made"](**known)
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__annotations__ = {field.name: field.type for field in fields} | {"return": "None"}
    return init


def _repr(self: Any) -> str:
    fields = (field.name for field in dataclasses.fields(self) if field.repr)
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in fields)})"


Comparison = tuple[Callable[[Any, Any], Any], Callable[[Any], int]]
"""A class's ``__eq__`` and ``__hash__``."""


def _compared_later(cls: Any) -> Comparison:
    """They stand for the comparison of a class until it is asked for."""

    def equal(self: Any, other: Any) -> Any:
        cls.__eq__, cls.__hash__ = compared = _compared(cls)
        return compared[0](self, other)

    def hashed(self: Any) -> int:
        cls.__eq__, cls.__hash__ = compared = _compared(cls)
        return compared[1](self)

    return equal, hashed


def _compared(cls: Any) -> Comparison:
    names = [field.name for field in dataclasses.fields(cls) if field.compare]
    values: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def equal(self: Any, other: Any) -> Any:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(values(self))

    return equal, hashed


def _refuse(self: Any, name: str, *value: Any) -> NoReturn:
    del value
    raise dataclasses.FrozenInstanceError(f"cannot change {name!r} of {type(self).__qualname__}")


def _restore(self: Any, state: tuple[None, dict[str, Any]]) -> None:
    """As ``copy`` and ``pickle`` make a value again."""
    for name, value in state[1].items():
        object.__setattr__(self, name, value)
