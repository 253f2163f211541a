"""The questions asked of a server's rows before a table is changed."""

from __future__ import annotations

from dataclasses import replace

from peewit.compile.server_work import Work
from peewit.compile.statements import Guard, give_a_value, one_for_all
from peewit.schema import Column, ForeignKey, Index, all_the_same


def guard(work: Work, condition: str, problem: str, hint: str = "", show: str = "1") -> Guard:
    """A guard over one table: no row may meet the condition."""
    source = f"FROM {work.source} WHERE {condition}"
    return Guard(sql=f"SELECT {show} {source} LIMIT 3", count=f"SELECT count(*) {source}", problem=problem, hint=hint)


def no_rows(work: Work, column: str) -> Guard:
    """A new column needs a value, and there is none to give."""
    return Guard(
        sql=f"SELECT 1 FROM {work.source} LIMIT 1",
        count=f"SELECT count(*) FROM {work.source}",
        problem=f'table "{work.key}" has {{count}} rows, and its new column "{column}" is not null '
        "and has no value for them",
        hint=give_a_value(f"{work.key}.{column}"),
        field=f"{work.key}.{column}",
        new=True,
    )


def told_apart(work: Work, column: str, *, new: bool) -> Guard:
    """Rows are filled one by one, and nothing tells one from another."""
    condition = "1 = 1" if new else f"{work.dialect.quoted(column)} IS NULL"
    return guard(
        work,
        condition,
        f'column "{column}" of "{work.key}" cannot be filled row by row: {{count}} rows cannot be told from each '
        "other, because the table has no primary key",
        "give the table a primary key first, or fill with one value for all rows",
    )


def no_nulls(work: Work, column: str) -> Guard:
    """A column becomes NOT NULL."""
    asked = guard(
        work,
        f"{work.dialect.quoted(column)} IS NULL",
        f'column "{column}" of "{work.key}" cannot become not null: it is null in {{count}} rows',
        f"{give_a_value(f'{work.key}.{column}')}\nor update the rows first",
    )
    return replace(asked, field=f"{work.key}.{column}")


def no_duplicates(work: Work, columns: tuple[str, ...], where: str | None = None) -> Guard:
    """A unique index, constraint or key needs distinct rows; nulls are never equal."""
    keys = ", ".join(map(work.dialect.quoted, columns))
    conditions = [f"{work.dialect.quoted(c)} IS NOT NULL" for c in columns] + ([f"({where})"] if where else [])
    grouped = f"FROM {work.source} WHERE {' AND '.join(conditions)} GROUP BY {keys} HAVING count(*) > 1"
    return Guard(
        sql=f"SELECT {keys} {grouped} LIMIT 3",
        count=f"SELECT count(*) FROM (SELECT 1 {grouped}) AS peewit_found",
        problem=f'"{work.key}" cannot be made unique by {", ".join(columns)}: '
        "{count} values stand in more than one row",
        hint="remove the duplicates first, in a migration of its own if others have them too",
    )


def one_value(work: Work, index: Index) -> Guard | None:
    """A unique index of new columns needs their values to differ from row to row."""
    same = all_the_same(index, {name.lower(): column for name, column in work.added.items()})
    return None if same is None else one_for_all(work.key, work.source, same, index.columns)


def no_orphans(work: Work, column: str, key: ForeignKey, target: str) -> Guard:
    """A new foreign key needs every value to have its row; ``target`` is what the other table is called now."""
    child, parent = work.dialect.quoted(column), work.dialect.quoted(key.column)
    condition = (
        f"{child} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {target} AS peewit_target "
        f"WHERE peewit_target.{parent} = {work.rows}.{child})"
    )
    return guard(
        work,
        condition,
        f'column "{column}" of "{work.key}" cannot refer to "{key.table}": '
        "{count} rows hold values that are not there",
        "add the missing rows or set the values to null first",
        show=child,
    )


def meets(work: Work, expression: str) -> Guard:
    """A new CHECK has to be met by every row."""
    return guard(
        work,
        f"NOT ({expression})",
        f'CHECK ({expression}) cannot be added to "{work.key}": {{count}} rows do not meet it',
        "correct the rows first",
    )


def not_longer(work: Work, column: str, length: int, new: str) -> Guard:
    """A text column becomes shorter."""
    name = work.dialect.quoted(column)
    return guard(
        work,
        f"char_length({name}) > {length}",
        f'column "{column}" of "{work.key}" cannot be cut to {new}: {{count}} values are too long',
        "shorten them first",
        show=name,
    )


def converts(work: Work, before: Column, new: str, condition: str) -> Guard:
    """Every value has to survive the change of its type: those that meet the condition would not."""
    return guard(
        work,
        condition,
        f'column "{before.name}" of "{work.key}" cannot become {new}: {{count}} values do not convert',
        "correct or clear them first",
        show=work.dialect.quoted(before.name),
    )


def nothing_refers(child: str, column: str, rows: str, parent: str, quoted: str) -> Guard:
    """A table is dropped while another still refers to it."""
    source = f"FROM {rows} WHERE {quoted} IS NOT NULL"
    return Guard(
        sql=f"SELECT 1 {source} LIMIT 3",
        count=f"SELECT count(*) {source}",
        problem=f'table "{parent}" cannot be dropped: {{count}} rows of "{child}" still refer to it by "{column}"',
        hint=f'drop the foreign key "{column}" of "{child}" first, or set it to null',
    )
