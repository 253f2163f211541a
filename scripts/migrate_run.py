"""`make migrate… args="…"`: run a command of `peewit` with the arguments given to make.

make puts what was written after `args=` into the environment, unread, so that no shell and no make sees a `$`
or a quote in it. Here it is taken apart as a shell would: `args="003 --fake"`, or with a quote inside,
`args='--anew --fill "person.age=max(0, 1)"'`.
"""

import os
import shlex
import sys
from collections.abc import Mapping, Sequence

from peewit.cli import main as peewit

ARGUMENTS = "MIGRATION_ARGS"


def given(environment: Mapping[str, str]) -> list[str]:
    """Return the arguments that were given to make; ValueError where a quote is left open."""
    text = environment.get(ARGUMENTS, "")
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ValueError(f"args={text} leaves a quote open") from error


def main(words: Sequence[str]) -> int:
    """Run a command of `peewit`, with what the environment adds to it, and return its exit code.

    What follows the command's own word is a value that was typed, and no option.
    """
    try:
        return peewit([*words[:1], *given(os.environ), *(["--", *words[1:]] if words[1:] else [])])
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
