import peewee as pw


def migrate(migrator, database, fake=False, **kwargs):
    if not fake:
        try:
            database.execute_sql('ALTER TABLE tickets ADD COLUMN status VARCHAR(10)')
        except Exception as exc:
            print('could not alter', exc)
    migrator.add_fields('ticket', status=pw.CharField(null=True, max_length=10))


def rollback(migrator, database, fake=False, **kwargs):
    try:
        database.execute_sql('ALTER TABLE tickets DROP COLUMN status')
    except pw.DatabaseError:
        pass
    migrator.remove_fields('ticket', 'status')
