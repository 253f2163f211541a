import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    with database.atomic():
        migrator.add_fields('ledger', checked=pw.BooleanField(default=False))


def rollback(migrator, database, fake=False, **kwargs):
    with database.atomic():
        migrator.remove_fields('ledger', 'checked')
