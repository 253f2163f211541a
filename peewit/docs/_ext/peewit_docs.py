"""The parts of the pages that peewit writes itself: the help of a command, the SQL of an operation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from commands import help_of
from docutils import nodes
from operation_sql import Answer, answers, example
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

WIDTH = 96


class Help(SphinxDirective):
    """What ``peewit COMMAND --help`` prints."""

    required_arguments = 1

    def run(self) -> Sequence[nodes.Node]:
        return [_code(help_of(self.arguments[0], WIDTH), "text")]


class Operation(SphinxDirective):
    """What a call in a migration becomes on each database: the tables before it, ``---``, the call."""

    has_content = True

    def run(self) -> Sequence[nodes.Node]:
        told = example("\n".join(self.content))
        found: list[nodes.Node] = []
        if told.before:
            found += [_title("The tables before"), _code(told.before, "python")]
        found += [_title("In the migration"), _code(told.body, "python")]
        for answer in answers(told):
            found += [_title(answer.name), *_answered(answer)]
        return found


def _answered(answer: Answer) -> Iterator[nodes.Node]:
    if answer.refused:
        yield nodes.paragraph(text="It is refused:")
        yield _code(answer.refused, "text")
    elif answer.lines:
        yield _code("\n".join(answer.lines), "sql")
    else:
        yield nodes.paragraph(text="Nothing has to be done.")


class IfThere(SphinxDirective):
    """A page that another tool writes, without its title; where it is not written yet, a sentence that says how."""

    required_arguments = 1
    has_content = True

    def run(self) -> Sequence[nodes.Node]:
        path = Path(self.env.srcdir) / self.arguments[0]
        if not path.exists():
            return [nodes.paragraph(text=" ".join(self.content))]
        lines = path.read_text(encoding="utf-8").splitlines()
        body = [f"#{line}" if line.startswith("#") else line for line in lines if not line.startswith("# ")]
        return self.parse_text_to_nodes("\n".join(body), allow_section_headings=True)


def _title(text: str) -> nodes.Node:
    return nodes.rubric(text, text)


def _code(text: str, language: str) -> nodes.Node:
    block = nodes.literal_block(text, text)
    block["language"] = language
    return block


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of the directives."""
    app.add_directive("help", Help)
    app.add_directive("operation", Operation)
    app.add_directive("if-there", IfThere)
    return {"parallel_read_safe": True}
