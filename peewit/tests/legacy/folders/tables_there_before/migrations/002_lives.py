import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('cat', lives=pw.IntegerField(default=9))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('cat', 'lives')
