import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('plant', water=pw.IntegerField(default=1))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('plant', 'water')
