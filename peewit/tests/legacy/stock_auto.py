"""Writes a folder of migrations with the peewee-migrate of the environment this is started in, as its ``auto`` does.

Started by hand in an empty folder, with the interpreter of a version's environment (:mod:`stock` makes them). The
application below is changed twice, and each time the version compares, writes a file and applies it.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

import peewee as pw
from peewee_migrate import router as stock

OLD = pw.__version__.startswith("2")
TABLE = "db_table" if OLD else "table_name"
COLUMN = "db_column" if OLD else "column_name"
BACK = "related_name" if OLD else "backref"

STAGES = [
    f"""
import datetime as dt
import peewee as pw

class Author(pw.Model):
    name = pw.CharField(max_length=100)
    email = pw.CharField(unique=True)
    born = pw.DateField(null=True)

    class Meta:
        {TABLE} = 'author'

class Post(pw.Model):
    author = pw.ForeignKeyField(Author, {BACK}='posts', on_delete='CASCADE')
    title = pw.CharField(default='untitled', index=True)
    body = pw.TextField()
    created = pw.DateTimeField(default=dt.datetime.now)
    price = pw.FloatField(null=True)

    class Meta:
        {TABLE} = 'post'
        indexes = ((('title', 'created'), False),)
""",
    f"""
import datetime as dt
import peewee as pw

class Author(pw.Model):
    name = pw.CharField(max_length=120)
    email = pw.CharField(unique=True)
    born = pw.DateField(null=True)
    active = pw.BooleanField(default=True)
    site = pw.CharField({COLUMN}='homepage', null=True)

    class Meta:
        {TABLE} = 'author'

class Post(pw.Model):
    author = pw.ForeignKeyField(Author, {BACK}='posts', on_delete='CASCADE')
    title = pw.CharField(default='untitled', index=True)
    body = pw.TextField(null=True)
    created = pw.DateTimeField(default=dt.datetime.now)
    price = pw.FloatField(null=True)

    class Meta:
        {TABLE} = 'post'
        indexes = ((('title', 'created'), False),)

class Tag(pw.Model):
    post = pw.ForeignKeyField(Post, {BACK}='tags')
    word = pw.CharField(max_length=20)

    class Meta:
        {TABLE} = 'tag'
        indexes = ((('post', 'word'), True),)
""",
    f"""
import datetime as dt
import peewee as pw

class Author(pw.Model):
    name = pw.CharField(max_length=120)
    email = pw.CharField(unique=True)
    active = pw.BooleanField(default=True)
    site = pw.CharField({COLUMN}='homepage', null=True)

    class Meta:
        {TABLE} = 'author'

class Post(pw.Model):
    author = pw.ForeignKeyField(Author, {BACK}='posts', on_delete='CASCADE')
    title = pw.CharField(default='untitled', index=True)
    body = pw.TextField(null=True)
    created = pw.DateTimeField(default=dt.datetime.now)
    editor = pw.ForeignKeyField(Author, {BACK}='edited', null=True)

    class Meta:
        {TABLE} = 'post'
        indexes = ((('title', 'created'), False),)
""",
]


def main() -> None:
    """One file for each stage."""
    sys.path.insert(0, "")
    database: Any = pw.SqliteDatabase("app.db")
    Path("migrations").mkdir()
    for number, text in enumerate(STAGES, 1):
        Path(f"stage{number}").mkdir()  # 1.1 looks for models in a package's modules only
        Path(f"stage{number}/__init__.py").write_text("from .models import *\n")
        Path(f"stage{number}/models.py").write_text(text)
        module = importlib.import_module(f"stage{number}.models")
        models = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, pw.Model)]
        directory: Any = Path("migrations") if "Path" in vars(stock) else "migrations"
        router = stock.Router(database, migrate_dir=directory)
        takes_lists = "list" in inspect.getsource(router.create)
        router.create(("initial", "profile", "less")[number - 1], auto=models if takes_lists else f"stage{number}")
        stock.Router(database, migrate_dir=directory).run()


if __name__ == "__main__":
    main()
