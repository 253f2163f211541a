import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    if database.is_closed():
        database.connect()
    migrator.add_fields('parcel', weight=pw.IntegerField(default=0))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('parcel', 'weight')
