"""`make migrate-create`: hand the answers given to make over to `peewit create`.

make puts what was written after `name=`, `rename=` and `fill=` into the environment, unread, so that no shell
and no make sees a `$` or a quote in it. Here it is taken apart:

* `rename` is a list of `table.field:new_field` or `table:new_table`, separated by spaces; `none` stands for
  "nothing else was renamed".
* `fill` is a list of `table.field=EXPRESSION`, separated by spaces. A space inside quotes or brackets belongs
  to the Python expression: `person.email='not known' person.age=max(0, 1)`.
"""

import os
import sys
from collections.abc import Iterator, Mapping

from peewit.cli import main as peewit

from scripts.migrate_run import given

NAME = "MIGRATION_NAME"
RENAME = "MIGRATION_RENAME"
FILL = "MIGRATION_FILL"

_OPENING = "([{"
_CLOSING = ")]}"
_QUOTES = "'\""


def arguments(environment: Mapping[str, str]) -> list[str]:
    """Return the arguments of `peewit` for what was answered; ValueError where an answer is cut short."""
    words = ["create"]
    renames = environment.get(RENAME, "").split()
    words += ["--no-rename" if rename == "none" else f"--rename={rename}" for rename in renames]
    words += [f"--fill={fill}" for fill in answers(environment.get(FILL, ""))]
    return [*words, *given(environment), "--", environment.get(NAME, "").strip()]


def answers(text: str) -> list[str]:
    """Split `text` at the spaces that are outside quotes and brackets; ValueError where one is left open."""
    found = [""]
    for piece, separates in _pieces(text):
        if separates:
            found.append("")
        else:
            found[-1] += piece
    return [answer for answer in found if answer]


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each character of `text` (an escaped one with its backslash) and whether it separates answers."""
    quote = ""
    depth = 0
    characters = iter(text)
    for character in characters:
        if quote:
            piece = character + next(characters, "") if character == "\\" else character
            quote = "" if piece == quote else quote
            yield piece, False
            continue
        quote = character if character in _QUOTES else ""
        depth += (character in _OPENING) - (character in _CLOSING)
        yield character, character.isspace() and depth <= 0
    if quote or depth > 0:
        left_open = f"a {quote}" if quote else "a bracket"
        raise ValueError(f"fill={text} leaves {left_open} open")


def main() -> int:
    """Run `peewit create` with the answers in the environment and return its exit code."""
    try:
        words = arguments(os.environ)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return peewit(words)


if __name__ == "__main__":
    sys.exit(main())
