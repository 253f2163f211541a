import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.sql('PRAGMA legacy_alter_table=ON')
    migrator.add_fields('child', age=pw.IntegerField(null=True))
    migrator.sql('PRAGMA user_version = 4')


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('child', 'age')
