import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    columns = [column.name for column in database.get_columns('job')]
    if fake or 'retries' not in columns:
        migrator.add_fields('job', retries=pw.IntegerField(default=0))


def rollback(migrator, database, fake=False, **kwargs):
    if 'retries' in [column.name for column in database.get_columns('job')]:
        migrator.remove_fields('job', 'retries')
