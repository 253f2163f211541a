import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('word', source=pw.CharField(null=True))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('word', 'source')
