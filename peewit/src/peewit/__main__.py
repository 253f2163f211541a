"""``python -m peewit``."""

from peewit.cli import run

run()
