"""What the tutorial, the how-tos and the pages of the commands show is what happens."""

from __future__ import annotations

import peewee
import pytest

from .blocks import DOCS, Block, Typed, blocks, session
from .pages import EXAMPLES, URL, needs_server, url_of
from .running import Reader, UnlikeError, alike

ALONE = [page for page in EXAMPLES if not needs_server(page)]
SERVED = [page for page in EXAMPLES if needs_server(page)]


@pytest.mark.parametrize("page", ALONE)
def test_a_page_shows_what_happens(page: str, reader: Reader) -> None:
    """Typed in an empty folder, a page's commands print what the page says."""
    reader.read((DOCS / page).read_text(encoding="utf-8"))


@pytest.mark.one_version
@pytest.mark.parametrize("page", SERVED)
def test_a_page_about_a_server_shows_what_happens(page: str, reader: Reader, postgres: peewee.Database) -> None:
    """The same on an empty database of a server."""
    reader.servers[URL] = url_of(postgres)
    reader.read((DOCS / page).read_text(encoding="utf-8"))


def test_blocks_are_found_with_what_the_comment_before_them_says() -> None:
    """A comment speaks of the next block only."""
    page = "<!-- start: tutorial -->\n\n<!-- file: a.py -->\n```python\nx = 1\n```\n\n```console\n$ ls\na.py\n```\n"
    assert list(blocks(page)) == [
        Block(language="", text="", line=1, kind="start", argument="tutorial"),
        Block(language="python", text="x = 1\n", line=5, kind="file", argument="a.py"),
        Block(language="console", text="$ ls\na.py\n", line=9),
    ]


def test_a_session_is_taken_apart() -> None:
    """A command may go on over several lines; what it prints may be nothing."""
    typed = list(session("$ cd x\n$ peewit create a \\\n>   --no-rename\ncreated\n"))
    assert typed == [
        Typed(command="cd x\n", printed=""),
        Typed(command="peewit create a \\\n  --no-rename\n", printed="created\n"),
    ]


def test_a_wrong_page_is_seen(reader: Reader) -> None:
    """A page that shows what is not printed fails; it is corrected where that is asked for."""
    page = "```console\n$ echo one\ntwo\n```\n"
    with pytest.raises(UnlikeError, match="line 2"):
        reader.read(page)
    assert reader.read(page, correct=True) == "```console\n$ echo one\none\n```\n"


def test_a_program_that_fails_is_seen(reader: Reader) -> None:
    """A block of Python without a comment has to end well."""
    with pytest.raises(UnlikeError, match="ZeroDivisionError"):
        reader.read("```python\n1 / 0\n```\n")


def test_only_what_varies_may_differ() -> None:
    """Times and dates are nobody's business; words are."""
    assert alike("applied 001 (0.01 s)\n", "applied 001 (3.20 s)\n")
    assert alike("a\n…\nz\n", "a\nb\nc\nz\n")
    assert not alike("applied 001\n", "applied 002\n")
    assert not alike("a\n…\nz\n", "a\nb\n")
