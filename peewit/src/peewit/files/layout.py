"""Source text as a formatter lays it out: on one line, or split at its brackets, the outermost first."""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Iterator, Mapping

from peewit.dataclass import dataclass
from peewit.models import quoted

WIDTH = 88
"""Formatters' own line length: what a project has that says nothing."""
INDENT = "    "


def lay_out(source: str, indent: int) -> list[str]:
    """The lines of a statement that was written on one line: a call, or ``name = value``."""
    if _fits(source, indent):
        return [INDENT * indent + source]
    statement = ast.parse(source).body[0]
    splitter = _Splitter(source)
    match statement:
        case ast.Assign(targets=[target], value=value):
            lines = splitter.assign(f"{splitter.text(target)} = ", value, indent)
        case ast.Expr(value=value):
            lines = splitter.split("", value, "", indent)
        case _:
            lines = [INDENT * indent + source]
    return [_passed(line) for line in lines]


def class_head(name: str, base: str, indent: int) -> list[str]:
    """The first line of a class, or the three of one with a long name."""
    margin = INDENT * indent
    if _fits(f"class {name}({base}):", indent):
        return [f"{margin}class {name}({base}):"]
    return [_passed(f"{margin}class {name}("), f"{margin}{INDENT}{base}", f"{margin}):"]


def _passed(line: str) -> str:
    """A line no formatter can make shorter, with the mark that lets it pass."""
    return line if columns(line) <= WIDTH else f"{line}  # noqa: E501"


def columns(text: str) -> int:
    """How wide a text is on the screen, where letters of East Asia take two places."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _fits(text: str, indent: int) -> bool:
    return len(INDENT) * indent + columns(text) <= WIDTH


@dataclass(frozen=True, slots=True)
class _Splitter:
    """Splits the parts of one source text; each part is its syntax with what stands before and after it."""

    source: str

    def text(self, node: ast.AST) -> str:
        """A part as it stands in the source."""
        return ast.get_source_segment(self.source, node) or ""

    def assign(self, prefix: str, value: ast.expr, indent: int) -> list[str]:
        """``name = value``; a text goes into parentheses of its own where that helps."""
        lines = self.split(prefix, value, "", indent)
        if not isinstance(value, ast.Constant):
            return lines
        inner = self.split("", value, "", indent + 1)
        if all(columns(line) <= WIDTH for line in inner):
            return [f"{INDENT * indent}{prefix}(", *inner, f"{INDENT * indent})"]
        return lines

    def split(self, before: str, node: ast.expr, after: str, indent: int) -> list[str]:
        """The lines of a part: one if it fits, else its items between its brackets."""
        line = before + self.text(node) + after
        if _fits(line, indent):
            return [INDENT * indent + line]
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Call() as inner, attr=name), args=[], keywords=[]):
                return self.split(before, inner, f".{name}(){after}", indent)
            case ast.Call(func=function, args=[_, *_]) | ast.Call(func=function, keywords=[_, *_]):
                return self._call(f"{before}{self.text(function)}(", node, f"){after}", indent)
            case ast.List(elts=[_, *_]):
                return self._bracket(f"{before}[", self._items(node.elts), f"]{after}", indent)
            case ast.Set(elts=[_, *_]):
                return self._bracket(f"{before}{{", self._items(node.elts), f"}}{after}", indent)
            case ast.Tuple(elts=[_, _, *_]):
                return self._bracket(f"{before}(", self._items(node.elts), f"){after}", indent)
            case ast.Dict(keys=[_, *_]):
                pairs = [(f"{self.text(k)}: ", v) for k, v in zip(node.keys, node.values, strict=True) if k]
                return self._bracket(f"{before}{{", pairs, f"}}{after}", indent)
            case ast.Lambda(body=body):
                return self._lambda(before, node, body, after, indent)
            case ast.Constant(value=str() as text):
                return _words(before, text, after, indent)
            case _:
                return [INDENT * indent + line]

    def _lambda(self, before: str, node: ast.Lambda, body: ast.expr, after: str, indent: int) -> list[str]:
        head = self.text(node)[: -len(self.text(body))]
        if isinstance(body, ast.Call | ast.List | ast.Dict | ast.Set):
            return self.split(before + head, body, after, indent)
        inner = self.split("", body, "", indent + 1)
        return [f"{INDENT * indent}{before}{head}(", *inner, f"{INDENT * indent}){after}"]

    def _items(self, nodes: list[ast.expr]) -> list[tuple[str, ast.expr]]:
        return [("", node) for node in nodes]

    def _call(self, head: str, call: ast.Call, close: str, indent: int) -> list[str]:
        """Formatters put all arguments on one line of their own before they give each its own."""
        items = [("", argument) for argument in call.args]
        items += [(f"{keyword.arg}=", keyword.value) for keyword in call.keywords]
        inside = ", ".join(name + self.text(value) for name, value in items)
        if _fits(inside, indent + 1):
            return [INDENT * indent + head, INDENT * (indent + 1) + inside, INDENT * indent + close]
        return self._bracket(head, items, close, indent)

    def _bracket(self, head: str, items: list[tuple[str, ast.expr]], close: str, indent: int) -> list[str]:
        comma = "," if len(items) > 1 else ""
        inner = [line for name, value in items for line in self.split(name, value, comma, indent + 1)]
        return [INDENT * indent + head, *inner, INDENT * indent + close]


def _words(before: str, text: str, after: str, indent: int) -> list[str]:
    """A text over several lines, each a literal of its own: Python puts them together again."""
    lines: list[str] = []
    rest = text
    while rest:
        lead = "" if lines else before
        room = WIDTH - len(INDENT) * indent - columns(lead + after)
        piece = _line_of_words(rest, room)
        rest = rest[len(piece) :]
        lines.append(f"{INDENT * indent}{lead}{quoted(piece)}")
    lines[-1] += after
    return lines


def _line_of_words(text: str, room: int) -> str:
    """The longest beginning of a text that has room and ends with a space; its first word where none has."""
    if columns(quoted(text)) <= room:
        return text
    ends = [place + 1 for place, char in enumerate(text) if char == " "] + [len(text)]
    fitting = [end for end in ends if columns(quoted(text[:end])) <= room]
    return text[: fitting[-1] if fitting else ends[0]]


def replaced(source: str, names: Mapping[str, str]) -> str:
    """An expression with other names in it, and with its literals as formatters write them."""
    tree = ast.parse(source, mode="eval")
    changes = [change for node in _outermost(tree) for change in _change(source, node, names)]
    encoded = source.encode()
    for start, end, text in sorted(changes, reverse=True):
        encoded = encoded[:start] + text.encode() + encoded[end:]
    return encoded.decode()


def _outermost(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of an expression, without what is inside a formatted text."""
    yield node
    if not isinstance(node, ast.JoinedStr):
        for child in ast.iter_child_nodes(node):
            yield from _outermost(child)


def _change(source: str, node: ast.AST, names: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """What becomes of one part: its place in the source, in bytes, and its new text."""
    match node:
        case ast.Name(id=name) if name in names:
            yield node.col_offset, _end(node), names[name]
        case ast.Constant(value=str() as text):
            yield node.col_offset, _end(node), quoted(text)
        case ast.Constant(value=bytes() as data):
            yield node.col_offset, _end(node), f"b{quoted(data.decode('latin-1'), ascii)}"
        case ast.Constant(value=float() as number):
            yield node.col_offset, _end(node), repr(number).replace("e+", "e")
        case ast.BinOp(left=left, op=ast.Pow(), right=right) if _simple(left) and _simple(right):
            yield _end(left), right.col_offset, "**"
        case ast.JoinedStr():
            text = ast.get_source_segment(source, node) or ""
            if text.startswith("f'") and not {'"', "\\"} & set(text):
                yield node.col_offset, _end(node), f'f"{text[2:-1]}"'
        case _:
            pass


def _simple(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute | ast.Constant)


def _end(node: ast.expr) -> int:
    return node.end_col_offset or 0
