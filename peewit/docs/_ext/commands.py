"""Every command of ``peewit``, with all modules loaded that have one."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click

import peewit.cli


def group() -> click.Group:
    """``peewit`` itself."""
    for module in pkgutil.iter_modules(peewit.cli.__path__):
        import_module(f"peewit.cli.{module.name}")
    found: click.Group = import_module("peewit.cli.commands").peewit
    return found


def commands() -> dict[str, click.Command]:
    """The commands by name."""
    return group().commands


def help_of(name: str, width: int) -> str:
    """What ``peewit NAME --help`` prints on a terminal of that width."""
    settings = {"terminal_width": width, "max_content_width": width}
    above = click.Context(group(), info_name="peewit", **{**group().context_settings, **settings})
    return commands()[name].get_help(click.Context(commands()[name], parent=above, info_name=name, **settings))
