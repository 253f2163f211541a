import peewee as pw


def migrate(migrator, database, *, fake=False):
    migrator.change_fields('team', name=pw.CharField(max_length=40, unique=True))
    migrator.drop_not_null('team', 'city')


def rollback(migrator, database, *, fake=False):
    migrator.change_fields('team', name=pw.CharField(max_length=20))
    migrator.add_not_null('team', 'city')
