import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    migrator.add_fields('visit', agent=pw.TextField(null=True))
