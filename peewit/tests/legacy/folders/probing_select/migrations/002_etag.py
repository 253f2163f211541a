import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    try:
        database.execute_sql('SELECT etag FROM feed')
    except Exception:
        migrator.add_fields('feed', etag=pw.CharField(null=True))


def rollback(migrator, database, fake=False, **kwargs):
    pass
