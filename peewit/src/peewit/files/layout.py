"""Source text that looks as if a formatter had seen it: calls on one line, or an argument a line."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 88
INDENT = "    "


@dataclass(frozen=True, slots=True)
class CallText:
    """A call or a literal with brackets: what stands before its bracket, its items, the closing bracket."""

    head: str
    items: tuple[str | Item, ...]
    close: str = ")"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a call: ``name=`` or nothing, and a value that may be a call again."""

    prefix: str
    value: str | CallText


def flat(value: str | CallText | Item) -> str:
    """The text on one line."""
    match value:
        case str():
            return value
        case Item(prefix, inner):
            return prefix + flat(inner)
        case CallText(head, items, close):
            inside = ", ".join(map(flat, items))
            return f"{head}{inside}{',' if head.endswith('(') and close == ')' and head == '(' and len(items) == 1 else ''}{close}"


def lay_out(value: str | CallText | Item, indent: int, *, tail: int = 0) -> list[str]:
    """The lines of a text at an indentation; ``tail`` are the characters that follow on its last line."""
    text = flat(value)
    if len(INDENT) * indent + len(text) + tail <= WIDTH or isinstance(value, str):
        return [INDENT * indent + text]
    prefix, call = ("", value) if isinstance(value, CallText) else (value.prefix, value.value)
    if isinstance(call, str) or not call.items:
        return [INDENT * indent + text]
    lines = [f"{INDENT * indent}{prefix}{call.head}"]
    inside = ", ".join(map(flat, call.items))
    if len(INDENT) * (indent + 1) + len(inside) <= WIDTH and not call.close.startswith("]") and len(call.items) > 0:
        if _fits_inside(call):
            return [*lines, f"{INDENT * (indent + 1)}{inside}", f"{INDENT * indent}{call.close}"]
    for item in call.items:
        inner = lay_out(item, indent + 1, tail=1)
        inner[-1] += ","
        lines += inner
    return [*lines, f"{INDENT * indent}{call.close}"]


def _fits_inside(call: CallText) -> bool:
    """Formatters put all arguments on one line of their own before they give each its own."""
    return call.head.endswith("(") and call.close == ")" and call.head != "("
