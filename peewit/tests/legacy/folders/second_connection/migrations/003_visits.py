import sqlite3

import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    connection = sqlite3.connect(database.database)
    cursor = connection.cursor()
    columns = [row[1] for row in cursor.execute('PRAGMA table_info(bookmark)')]
    connection.close()
    if 'visits' in columns:
        return
    migrator.add_fields('bookmark', visits=pw.IntegerField(default=0))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('bookmark', 'visits')
