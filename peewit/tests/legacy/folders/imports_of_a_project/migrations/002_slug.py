import importlib

import peewee as pw
from migrations.helpers import slugify


def migrate(migrator, database, fake=False, **kwargs):
    assert importlib.import_module('migrations.001_item').pw is pw
    migrator.add_fields('item', slug=pw.CharField(default=''))

    def fill():
        for id, name in database.execute_sql('SELECT id, name FROM item').fetchall():
            database.execute_sql('UPDATE item SET slug = ? WHERE id = ?', (slugify(name), id))

    migrator.python(fill)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('item', 'slug')
