import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('bag', more=pw.BareField(null=True))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('bag', 'more')
