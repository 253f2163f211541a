import os

import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('photo', size=pw.IntegerField(null=True))
    rows = database.execute_sql('SELECT path FROM photo').fetchall()
    for path, in rows:
        with open(path + '.thumb', 'a') as f:
            f.write(os.environ.get('THUMB', 'small'))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('photo', 'size')
