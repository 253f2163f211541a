"""Frozen dataclasses that are made in a quarter of the time: there are so many that a command waits for it.

To a type checker, and to whoever uses them, they are those of the standard library, which compiles five functions for
each class. Here that is one, ``__init__``; the others are the same for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    import dataclasses
    from dataclasses import MISSING, FrozenInstanceError, fields
    from operator import attrgetter

    def dataclass(*, frozen=False, slots=True, kw_only=False):
        """As :func:`dataclasses.dataclass`, which still makes those that are not frozen."""
        if not frozen:
            return dataclasses.dataclass(slots=slots, kw_only=kw_only)

        def make(cls):
            made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
            own = vars(made)
            for name, method in _methods(made).items():
                if name == "__init__" or name not in own:
                    setattr(made, name, method)
            return made

        return make

    def _methods(made):
        compared = [field.name for field in fields(made) if field.compare]
        shown = [field.name for field in fields(made) if field.repr]
        key = attrgetter(*compared) if compared else lambda _: ()

        def __eq__(self, other):
            return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

        def __hash__(self):
            return hash(key(self))

        def __repr__(self):
            return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

        def __getstate__(self):
            return [getattr(self, field.name) for field in fields(self)]

        def __setstate__(self, state):
            for field, value in zip(fields(self), state, strict=True):
                object.__setattr__(self, field.name, value)

        return {
            "__init__": _init(made),
            "__eq__": __eq__,
            "__hash__": __hash__,
            "__repr__": __repr__,
            "__setattr__": _refuse,
            "__delattr__": _refuse,
            "__getstate__": __getstate__,
            "__setstate__": __setstate__,
        }

    def _init(made):
        scope = {"_set": object.__setattr__, "_missing": MISSING}
        plain, keywords, body = ["self"], [], []
        for field in fields(made):
            name, given = field.name, field.name
            if field.default is not MISSING:
                scope[f"_default_{name}"] = field.default
                given = f"{name}=_default_{name}"
            elif field.default_factory is not MISSING:
                scope[f"_factory_{name}"] = field.default_factory
                given = f"{name}=_missing"
                body.append(f" {name} = _factory_{name}() if {name} is _missing else {name}")
            (keywords if field.kw_only else plain).append(given)
            body.append(f" _set(self, {name!r}, {name})")
        arguments = ", ".join([*plain, *(["*"] if keywords else []), *keywords])
        exec("\n".join([f"def __init__({arguments}):", *(body or [" pass"])]), scope)
        return scope["__init__"]

    def _refuse(self, name, *_):
        raise FrozenInstanceError(f"cannot assign to or delete field {name!r}")
