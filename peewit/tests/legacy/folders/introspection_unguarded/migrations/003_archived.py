def migrate(migrator, database, fake=False, **kwargs):
    if 'archived' not in {c.name for c in database.get_columns('note')}:
        database.execute_sql('ALTER TABLE note ADD COLUMN archived SMALLINT NOT NULL DEFAULT 0')


def rollback(migrator, database, fake=False, **kwargs):
    pass
