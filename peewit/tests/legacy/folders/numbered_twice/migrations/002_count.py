import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('word', count=pw.IntegerField(default=0))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('word', 'count')
