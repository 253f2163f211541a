"""The pages are whole: one for each command, each setting in its table, every link leads somewhere."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path

import click
import pytest

from peewit import MigrationManager
from peewit.cli import settings

from .blocks import DOCS
from .picture import PICTURE, picture

sys.path.insert(0, str(DOCS / "_ext"))

from commands import commands

ROOT = DOCS.parents[1]
COMMANDS = sorted(commands())
EVERY = sorted([*DOCS.rglob("*.md"), DOCS.parent / "README.md", ROOT / "README.md"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page(name: str) -> None:
    """A page with the command's help and an example, and a line in the index."""
    page = (DOCS / "commands" / f"{name}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# `peewit {name}`\n")
    assert f"```{{help}} {name}\n" in page
    assert f"$ peewit {name}" in page
    assert f"| [`peewit {name}`]({name}.md) |" in (DOCS / "commands" / "index.md").read_text(encoding="utf-8")


def test_no_page_is_left_of_a_command_that_is_gone() -> None:
    """And none of a command there is not."""
    assert {path.stem for path in DOCS.glob("commands/*.md")} - {"index"} == set(COMMANDS)


def test_every_setting_is_in_the_table() -> None:
    """With its variable, its flag and its default, as the program has them."""
    page = (DOCS / "reference" / "configuration.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z-]+)` (\| `PEEWIT_.*) \|$", page, re.MULTILINE))
    assert set(rows) == set(settings._KEYS)
    defaults = {name: given.default for name, given in inspect.signature(MigrationManager).parameters.items()}
    defaults["directory"] = settings.Settings().directory
    flags = {
        parameter.name: parameter.opts[0]
        for command in ("status", "migrate")
        for parameter in commands()[command].params
        if isinstance(parameter, click.Option)
    }
    for key, told in rows.items():
        name = key.replace("-", "_")
        variable, flag, default = (cell.strip().strip("`") for cell in told.removeprefix("|").split("|"))
        assert variable == f"PEEWIT_{name.upper()}"
        assert flag == flags[name]
        if defaults[name] not in (None, (), inspect.Parameter.empty):
            assert default == str(defaults[name]).lower()


@pytest.mark.parametrize("page", EVERY, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """Every file a page links to is there."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)", text)
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_page_is_reached_from_the_index() -> None:
    """No page is alone."""
    found: set[Path] = set()
    waiting = [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in found or not page.exists():
            continue
        found.add(page)
        targets = re.findall(r"\]\((?!https?:)([^)#\s]+\.md)", page.read_text(encoding="utf-8"))
        waiting += [(page.parent / target).resolve() for target in targets]
    assert {path for path in DOCS.rglob("*.md") if path.name != "benchmarks.md"} - found == set()


def test_the_picture_shows_what_the_tutorial_shows() -> None:
    """The picture of the READMEs is drawn from the tutorial, whose lines are tested."""
    assert PICTURE.read_text(encoding="utf-8") == picture()
