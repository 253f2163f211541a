import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('car', color=pw.CharField(default='red'))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('car', 'color')
