"""``@dataclass`` as the standard library's, made in a fifth of the time.

The standard library writes and compiles the text of six methods for each class, which was two thirds of the time it
took to load what migrates. Here that is done for ``__init__`` alone, when it is first asked for; the other methods are
the same for all classes and go by the fields. What else makes a dataclass (slots, ``fields()``, ``replace()``,
matching) the standard library adds.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from operator import attrgetter
from typing import Any, Literal, NoReturn, TypeVar, dataclass_transform

C = TypeVar("C")


@dataclass_transform(field_specifiers=(dataclasses.field,))
def dataclass(*, frozen: bool = False, slots: Literal[True], kw_only: bool = False) -> Callable[[type[C]], type[C]]:
    """A class with slots; where it is ``frozen``, equal values are the same, else every instance is its own."""

    def made(cls: type[C]) -> type[C]:
        slotted: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
        slotted.__init__ = _Init(slotted)
        slotted.__repr__ = _repr
        if frozen:
            slotted.__eq__, slotted.__hash__ = _compared(slotted)
            slotted.__setattr__ = slotted.__delattr__ = _refuse
            slotted.__setstate__ = _restore
        return slotted  # type: ignore[no-any-return] # the class, made anew with its slots

    return made


_NEW = object()
"""The default of what a factory makes."""


class _Init:
    """Stands for the ``__init__`` of a class until it is asked for."""

    def __init__(self, cls: Any) -> None:
        self._cls = cls

    def __get__(self, instance: Any, owner: Any) -> Any:
        self._cls.__init__ = _init(self._cls)
        return self._cls.__init__.__get__(instance, owner)


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


def _compared(cls: Any) -> tuple[Callable[[Any, Any], Any], Callable[[Any], int]]:
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
