import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    Feed = migrator.orm['feed']
    try:
        has_errors = bool(database.execute_sql('SELECT COUNT(errors) FROM feed').fetchone())
    except pw.OperationalError:
        has_errors = False
    if not has_errors:
        migrator.add_fields(Feed, errors=pw.IntegerField(default=0))


def rollback(migrator, database, fake=False, **kwargs):
    migrator.remove_fields('feed', 'errors')
