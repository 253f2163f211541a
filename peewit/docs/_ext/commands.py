"""Every command of ``peewit``, with all modules loaded that have one."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import click

import peewit.cli


def commands() -> dict[str, click.Command]:
    """The commands by name."""
    for module in pkgutil.iter_modules(peewit.cli.__path__):
        import_module(f"peewit.cli.{module.name}")
    group: click.Group = import_module("peewit.cli.commands").peewit
    return group.commands
