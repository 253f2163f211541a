import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('box', weight=pw.FloatField(null=True))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('box', 'weight')
