import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('visit', referer=pw.TextField(null=True))


def rollback(migrator, database, fake=False, **kwargs):
    pass
