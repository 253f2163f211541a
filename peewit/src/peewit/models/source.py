"""Python values and functions as source text, with the imports the text needs."""

from __future__ import annotations

import ast
import builtins
import datetime
import decimal
import enum
import functools
import inspect
import sys
import textwrap
import types
import uuid
from collections.abc import Callable
from typing import Any

Source = tuple[str, tuple[str, ...]]
"""Source text, and the import lines it needs."""


class NoSourceError(Exception):
    """A value cannot be written down; the text says why. Never leaves this package."""


def quoted(text: str, spelled: Callable[[str], str] = repr) -> str:
    """A string literal in double quotes, unless single ones save escapes: as formatters write it."""
    single = spelled(text + '"')[1:-2]
    if text.count('"') > text.count("'"):
        return f"'{single}'"
    return '"' + single.replace("\\'", "'").replace('"', '\\"') + '"'


def without_driver(value: object) -> object:
    """Bytes as they are, however the driver of the database holds them; any other value is itself."""
    if type(value).__name__ == "Binary":  # psycopg2 calls what it holds adapted, psycopg obj
        value = getattr(value, "adapted", getattr(value, "obj", value))
    return bytes(value) if isinstance(value, bytearray | memoryview) else value


def source_of_value(value: object) -> Source:
    """A value as the expression that makes it again; NoSourceError where there is none."""
    if type(value) is str:
        return quoted(value), ()
    if value is None or type(value) in (bool, int, bytes):
        return repr(value), ()
    if type(value) is float:
        return (repr(value), ()) if value - value == 0 else (f'float("{value}")', ())
    value = without_driver(value)
    if isinstance(value, bytes):
        return repr(value), ()
    if isinstance(value, decimal.Decimal):
        return f'decimal.Decimal("{value}")', ("import decimal",)
    if isinstance(value, uuid.UUID):
        return f'uuid.UUID("{value}")', ("import uuid",)
    if type(value) in (datetime.datetime, datetime.date, datetime.time, datetime.timedelta):
        return repr(value), ("import datetime",)
    if type(value) in (list, tuple, set, frozenset, dict):
        return _source_of_collection(value)
    if isinstance(value, enum.Enum) and isinstance(value, str | int | float):
        return source_of_value(value.value)
    if isinstance(value, enum.Enum):
        raise NoSourceError("it is a member of an enumeration")
    raise NoSourceError(f"a {type(value).__name__} has no literal")


def _source_of_collection(value: Any) -> Source:
    imports: list[str] = []

    def text(item: object) -> str:
        source, needed = source_of_value(item)
        imports.extend(needed)
        return source

    if isinstance(value, dict):
        return "{" + ", ".join(f"{text(k)}: {text(v)}" for k, v in value.items()) + "}", tuple(imports)
    items = ", ".join(text(item) for item in (sorted(value, key=repr) if isinstance(value, set | frozenset) else value))
    if isinstance(value, list):
        return f"[{items}]", tuple(imports)
    if isinstance(value, tuple):
        return (f"({items},)" if len(value) == 1 else f"({items})"), tuple(imports)
    name = "set" if isinstance(value, set) else "frozenset"
    return f"{name}([{items}])", tuple(imports)


def source_of_callable(function: Callable[..., Any]) -> Source:
    """A function as an expression a migration file can evaluate; NoSourceError where there is none."""
    if isinstance(function, functools.partial):
        return _source_of_partial(function)
    if isinstance(function, types.FunctionType) and function.__name__ == "<lambda>":
        return _source_of_lambda(function)
    if isinstance(function, types.MethodType | types.BuiltinMethodType) and isinstance(function.__self__, type):
        owner, imports = source_of_callable(function.__self__)
        return f"{owner}.{function.__name__}", imports
    return _source_of_name(function)


def gives_the_same(function: Callable[..., Any]) -> bool:
    """Whether a function always gives the same: an empty value, or what a lambda speaks of without a call."""
    if isinstance(function, type):
        return function.__module__ == "builtins"
    if not (isinstance(function, types.FunctionType) and function.__name__ == "<lambda>"):
        return False
    try:
        node = _only_lambda(textwrap.dedent(inspect.getsource(function)), function)
    except (OSError, TypeError, NoSourceError):
        return False
    return not any(isinstance(n, ast.Call) for n in ast.walk(node))


def _source_of_partial(function: functools.partial[Any]) -> Source:
    inner, imports = source_of_callable(function.func)
    arguments = [source_of_value(arg) for arg in function.args]
    named = [(name, source_of_value(arg)) for name, arg in function.keywords.items()]
    texts = [inner, *(text for text, _ in arguments), *(f"{name}={text}" for name, (text, _) in named)]
    needed = [line for _, lines in (*arguments, *(source for _, source in named)) for line in lines]
    return f"functools.partial({', '.join(texts)})", ("import functools", *imports, *needed)


def _source_of_name(function: Any) -> Source:
    name = getattr(function, "__qualname__", None)
    module = getattr(function, "__module__", None)
    if isinstance(function, types.MethodType | types.BuiltinMethodType):
        return _source_of_method(function)
    if name is None or module is None:
        raise NoSourceError(f"a {type(function).__name__} has no name that can be imported")
    if module == "builtins":
        return str(name), ()
    if "<" in name:
        raise NoSourceError(f"{name} is defined inside a function")
    if module == "__main__":
        raise NoSourceError(f"{name} is defined in the script that was started, which cannot be imported")
    found: Any = sys.modules.get(module)
    for step in name.split("."):
        found = getattr(found, step, None)
    if found is not function:
        raise NoSourceError(f"{module}.{name} is something else than the function that is used")
    if module in sys.stdlib_module_names or module.split(".")[0] in sys.stdlib_module_names:
        public = module.lstrip("_")
        return f"{public}.{name}", (f"import {public}",)
    return str(name), (f"from {module} import {name.split('.')[0]}",)


def _source_of_method(function: Any) -> Source:
    """A method of an object the standard library keeps in a module, as ``random.random`` is."""
    holder, name = type(function.__self__).__module__, function.__name__
    if function.__self__ is builtins:
        return name, ()
    if holder in sys.stdlib_module_names and getattr(sys.modules[holder], name, None) == function:
        return f"{holder}.{name}", (f"import {holder}",)
    if isinstance(function.__self__, types.ModuleType):
        return f"{function.__self__.__name__}.{name}", (f"import {function.__self__.__name__}",)
    raise NoSourceError(f"{name} is a method of an object, which cannot be written down")


def _source_of_lambda(function: types.FunctionType) -> Source:
    if function.__code__.co_freevars:
        raise NoSourceError(f'the lambda uses "{function.__code__.co_freevars[0]}", which only its function knows')
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError) as error:
        raise NoSourceError("the source of the lambda cannot be read") from error
    node = _only_lambda(text, function)
    free = _free_names(node)
    imports = []
    for name in sorted(free):
        found = function.__globals__.get(name, _MISSING)
        if found is _MISSING and hasattr(builtins, name):
            continue
        imports.append(_import_of(name, found))
    return ast.unparse(node), tuple(imports)


_MISSING = object()


def _only_lambda(text: str, function: types.FunctionType) -> ast.Lambda:
    lambdas = [n for n in ast.walk(_parse_piece(text)) if isinstance(n, ast.Lambda)]
    codes = [(n, _code_of(n)) for n in lambdas]
    alike = [(n, code) for n, code in codes if _words(code) == _words(function.__code__)]
    same = [n for n, code in alike if code.co_code == function.__code__.co_code] or [n for n, _ in alike]
    if len({ast.dump(n) for n in same}) != 1:
        raise NoSourceError("several lambdas stand on its line")
    return same[0]


def _code_of(node: ast.Lambda) -> types.CodeType:
    code = compile(ast.Expression(body=node), "<lambda>", "eval")
    return next(c for c in code.co_consts if isinstance(c, types.CodeType))


def _words(code: types.CodeType) -> tuple[object, ...]:
    """What a lambda speaks of. Its instructions differ where the compiler knew that a name was imported."""
    inner = tuple(_words(c) if isinstance(c, types.CodeType) else (type(c), c) for c in code.co_consts)
    return (code.co_names, code.co_varnames, code.co_argcount, code.co_kwonlyargcount, inner)


def _parse_piece(text: str) -> ast.AST:
    """Parse lines that were cut out of their context: a field in the middle of a class, an argument."""
    for candidate in (
        text,
        f"({text})",
        f"f({text})",
        f"({text.rstrip().rstrip(',')})",
        f"f({text.rstrip().rstrip('),')})",
    ):
        try:
            return ast.parse(candidate.strip())
        except SyntaxError:
            continue
    start = text.index("lambda")
    for end in range(len(text), start, -1):
        try:
            return ast.parse(text[start:end].strip(), mode="eval")
        except SyntaxError:
            continue
    raise NoSourceError("the source of the lambda cannot be read")


def _free_names(node: ast.Lambda) -> set[str]:
    bound = {a.arg for n in ast.walk(node) if isinstance(n, ast.arguments) for a in (*n.args, *n.kwonlyargs)}
    bound |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - bound


def _import_of(name: str, found: object) -> str:
    if isinstance(found, types.ModuleType):
        return f"import {found.__name__}" if found.__name__ == name else f"import {found.__name__} as {name}"
    module, own_name = getattr(found, "__module__", None), getattr(found, "__qualname__", None)
    if found is _MISSING or module is None or own_name is None:
        raise NoSourceError(f'the lambda uses "{name}"')
    if getattr(sys.modules.get(module), own_name, None) is not found:
        raise NoSourceError(f'the lambda uses "{name}"')
    return f"from {module} import {own_name}" + (f" as {name}" if own_name != name else "")
