import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    """Write your migrations here."""
    migrator.add_fields('visit', seconds=pw.IntegerField(null=True))


def rollback(migrator, database, fake=False, **kwargs):
    """Write your rollback migrations here."""
