"""The texts that say an index: a tuple in a class, a call below it, the arguments of ``add_index``."""

from __future__ import annotations

from peewit.models import by_flag, implied_method, quoted
from peewit.schema import Index, Part, Table


def in_meta(table: Table, index: Index) -> bool:
    """Whether a tuple in ``Meta.indexes`` says the index."""
    return index.plain and not by_flag(table, index) and implied_method(table, index) is None


def index_tuple(table: Table, index: Index) -> str:
    """The tuple of an index in ``Meta.indexes``."""
    fields = [quoted(table.column(name).field) for name in index.columns]
    return f"(({', '.join(fields)}{',' if len(fields) == 1 else ''}), {index.unique})"


def index_options(table: Table, index: Index) -> list[str]:
    """The arguments of an index beside its keys."""
    items = ["unique=True"] if index.unique else []
    items += [f"where=pw.SQL({quoted(index.where)})"] if index.where is not None else []
    using = index.using or ("btree" if implied_method(table, index) else None)
    items += [f"using={quoted(using)}"] if using is not None else []
    items += [f"options={quoted(index.options)}"] if index.options is not None else []
    return items + ([f"name={quoted(index.name)}"] if index.name is not None else [])


def part_of_class(model: str, table: Table, part: Part) -> str:
    """A key of an index on a class."""
    if part.expression:
        collation = "" if part.collation is None else f" COLLATE {part.collation}"
        text = f"pw.SQL({quoted(part.text + collation)})"
    else:
        collation = "" if part.collation is None else f".collate({quoted(part.collation)})"
        text = f"{model}.{table.column(part.text).field}{collation}"
    return f"{text}.desc()" if part.descending else text


def part_of_call(table: Table, part: Part) -> str:
    """A key of an index in ``add_index``."""
    if not (part.expression or part.descending or part.collation):
        return quoted(table.column(part.text).field_name)
    text = part.text if part.expression else f'"{part.text.replace(chr(34), chr(34) * 2)}"'
    text += f" COLLATE {part.collation}" if part.collation else ""
    return f"pw.SQL({quoted(f'{text} DESC' if part.descending else text)})"
