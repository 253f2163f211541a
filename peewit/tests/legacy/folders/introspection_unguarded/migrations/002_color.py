def migrate(migrator, database, fake=False, **kwargs):
    names = [row[1] for row in database.execute_sql('PRAGMA table_info(note)').fetchall()]
    if 'color' not in names:
        database.execute_sql("ALTER TABLE note ADD COLUMN color VARCHAR(255) NOT NULL DEFAULT 'yellow'")
        database.execute_sql("INSERT INTO note (text) VALUES ('first')")


def rollback(migrator, database, fake=False, **kwargs):
    pass
