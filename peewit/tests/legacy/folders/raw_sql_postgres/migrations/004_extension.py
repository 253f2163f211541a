def migrate(migrator, database, fake=False, **kwargs):
    if fake:
        return
    found = database.execute_sql("SELECT 1 FROM pg_available_extensions WHERE name = 'no_such_extension'").fetchone()
    if found:
        database.execute_sql('CREATE EXTENSION IF NOT EXISTS no_such_extension')
    try:
        with database.atomic():
            database.execute_sql('CREATE EXTENSION nothing_like_it')
    except Exception:
        pass


def rollback(migrator, database, fake=False, **kwargs):
    pass
