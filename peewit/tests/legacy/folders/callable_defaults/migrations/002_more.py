import datetime
import uuid

import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields(
        'letter',
        made=pw.DateTimeField(default=datetime.datetime.now),
        token=pw.UUIDField(default=uuid.uuid4),
        tags=pw.TextField(default=lambda: '[]'),
    )


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('letter', 'made', 'token', 'tags')
