import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.drop_index('book', 'title', 'year')
    migrator.remove_fields('book', 'year', cascade=True)


def rollback(migrator, database, fake=False, **kwargs):
    migrator.add_fields('book', year=pw.IntegerField(index=True, null=True))
    migrator.add_index('book', 'title', 'year', unique=True)
