"""The texts that say an index: a tuple in a class, a call below it, the arguments of ``add_index``."""

from __future__ import annotations

from dataclasses import replace

from peewit.models import by_flag, implied_method, quoted
from peewit.operations.index_names import automatic_names
from peewit.schema import Index, Part, Table


def in_meta(table: Table, index: Index) -> bool:
    """Whether a tuple in ``Meta.indexes`` says the index."""
    plain = index.plain and not by_flag(table, index) and implied_method(table, index) is None
    return plain and not only_by_call(table, index)


def only_by_call(table: Table, index: Index) -> bool:
    """Whether only ``add_index`` can say an index, and its class cannot.

    Peewee cannot say the options of a server, nor give a name where no key is a bare column; and of two indexes that it
    gives one name, it makes the first.
    """
    if index.options is not None or (index.name is None and not _bare(index).parts):
        return True
    name = _name_in_class(table, index)
    alike = [other for other in table.indexes if _name_in_class(table, other) == name]
    # Those of fields come first, then all in their order.
    return len(alike) > 1 and next((other for other in alike if by_flag(table, other)), alike[0]) is not index


def _bare(index: Index) -> Index:
    """The index with those keys alone that Peewee takes for its name."""
    return replace(index, parts=tuple(p for p in index.parts if not (p.expression or p.collation)), added=False)


def _name_in_class(table: Table, index: Index) -> str:
    return (index.name or next(automatic_names(table, _bare(index)))).lower()


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
